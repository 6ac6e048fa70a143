# For scripts that run a program: . scratch.sh makes a folder that is gone at the end, and goes there. $1 is the program.
program=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
failed=0
