#!/bin/sh
# compile_errors.sh COMPILER [FLAG...]: mistakes that a new user makes do not compile, and among the first lines about errors is one
# that says what to write instead; written so, they compile. A case is its name, what is wrong, the words, what is right.
set -eu
compiler=$1
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

printf '"%s"\n' -std=c++20 "$@" >flags
compile() {
  "$compiler" @flags "$@"
}
cat >prelude.hpp <<'EOF'
#include <gradus/autograd/ops.hpp>
#include <gradus/nn/activation.hpp>
#include <gradus/nn/linear.hpp>
#include <gradus/nn/loss.hpp>
#include <gradus/nn/sequential.hpp>
#include <gradus/optim/adamw.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/reduce.hpp>
using namespace gradus;
EOF
compile -x c++-header prelude.hpp -o prelude.hpp.gch

: >right.cpp
cases=0 failed=0
check() {
  name=$1 wrong=$2 words=$3 right=$4
  cases=$((cases + 1))
  printf '%s\n' "$wrong" >"$name.cpp"
  if compile -fsyntax-only -include prelude.hpp "$name.cpp" >errors 2>&1; then
    echo "$name compiles"
    failed=1
  elif ! grep -E 'error:|note:|^ *[0-9]+ \|' errors | head -n 8 | grep -qF "$words"; then
    echo "$name: not among the first lines: $words"
    cat errors
    failed=1
  fi
  printf 'namespace %s {\n%s\n}\n' "$name" "$right" >>right.cpp
}

module() {  # a module with this member and body
  printf 'struct Net : nn::Module<Net> {\n  %s\n  Variable forward(const Variable& x) { return x; }\n  %s\n};\nNet net;' "$1" "$2"
}
fields='void fields(nn::Fields& f) { f("w", w); }'
check tensor_in_fields "$(module 'Tensor w;' "$fields")" 'a Tensor in fields: make the member an nn::Buffer' \
  "$(module 'nn::Buffer w;' "$fields")"
check variable_in_fields "$(module 'Variable w;' "$fields")" 'a Variable in fields: make the member an nn::Parameter' \
  "$(module 'nn::Parameter w;' "$fields")"
check tensors_in_fields "$(module 'std::vector<Tensor> w;' "$fields")" 'a Tensor in fields: make the member an nn::Buffer' \
  "$(module 'std::vector<nn::Buffer> w;' "$fields")"
check number_in_fields "$(module 'double w = 0;' "$fields")" 'fields names nn::Parameter, nn::Buffer, modules' \
  "$(module 'nn::Linear w{1, 1};' "$fields")"
check private_fields "$(module 'nn::Linear w{1, 1};' "private: $fields")" 'fields must be a public function' \
  "$(module 'nn::Linear w{1, 1};' "public: $fields")"
check fields_without_argument "$(module 'nn::Linear w{1, 1};' 'void fields() {}')" 'void fields(nn::Fields& f)' \
  "$(module 'nn::Linear w{1, 1};' "$fields")"
check wrong_self "$(module '' '') struct Other : nn::Module<Net> {} other;" 'write struct B : nn::Module<B>' \
  "$(module '' '') struct Other : nn::Module<Other> {} other;"

check number_in_sequential 'nn::Sequential s(nn::Linear(1, 1), 3);' 'Sequential takes modules and functions' \
  'nn::Sequential s(nn::Linear(1, 1), [](const Variable& x) { return x * 3; }, relu);'
check two_arguments_in_sequential 'nn::Sequential s(nn::ReLU(), [](const Variable& x, int n) { return x * n; });' \
  'Sequential takes modules and functions' 'nn::Sequential s(nn::ReLU(), [](const Variable& x) { return x * 2; });'

check backward_of_a_tensor 'void f(Tensor loss) { loss.backward(); }' 'a Tensor has no backward(): compute the loss from Variables' \
  'void f(Variable loss) { loss.backward(); }'
check backward_of_data 'void f(Variable x) { sum(x.data()).backward(); }' 'not from their .data()' \
  'void f(Variable x) { sum(x).backward(); }'
check variable_as_labels 'Variable f(Variable x, Variable y) { return nn::cross_entropy(x, y, {.label_smoothing = 0.1}); }' \
  'cross_entropy(logits, targets.data())' \
  'Variable f(Variable x, Variable y) { return nn::cross_entropy(x, y.data(), {.label_smoothing = 0.1}); }'

check norm_of_a_number 'auto f(Tensor x) { return norm(x, 1); }' 'the order is written norm(x, 1.0), an axis norm(x, 2, 1)' \
  'auto f(Tensor x) { return norm(x, 1.0) + norm(x, 2, 1); }'
check norm_of_a_list 'auto f(Variable x) { return norm(x, {0}); }' 'the order comes before the axes: norm(x, 2, {1})' \
  'auto f(Variable x) { return norm(x, 2, {0}); }'
check keepdim_as_correction 'auto f(Tensor x) { return var(x, 0, true); }' 'the correction comes before keepdim: var(x, axes, 1, true)' \
  'auto f(Tensor x) { return var(x, 0, 1, true); }'
check keepdim_as_axes 'auto f(Variable x) { return sum(x, true); }' 'no matching function' 'auto f(Variable x) { return sum(x, 0, true); }'

ps='const std::vector<Variable>& ps'
braces='options go in braces, by name: AdamW(model.parameters(), {.lr = 1e-3})'
list='an optimizer takes a list of parameters: AdamW(model.parameters(), {.lr = 1e-3})'
check rate_without_name "void f($ps) { optim::AdamW o(ps, 1e-3); }" "$braces" "void f($ps) { optim::AdamW o(ps, {.lr = 1e-3}); }"
check rate_without_name_on_the_heap "auto f($ps) { return std::make_unique<optim::SGD>(ps, 0.1); }" "$braces" \
  "auto f($ps) { return std::make_unique<optim::SGD>(ps, optim::SGDOptions{.lr = 0.1}); }"
check options_of_another "void f($ps) { optim::AdamW o(ps, optim::SGDOptions{}); }" "$braces" \
  "void f($ps) { optim::AdamW o(ps, optim::AdamWOptions{}); }"
check model_as_parameters 'void f(nn::Linear& model) { optim::SGD o(model, {.lr = 0.1}); }' "$list" \
  'void f(nn::Linear& model) { optim::SGD o(model.parameters(), {.lr = 0.1}); }'
check model_without_options 'void f(nn::Linear& model) { optim::SGD o(model); }' "$list" \
  'void f(nn::Linear& model) { optim::SGD o(model.parameters()); }'
check model_and_rate 'void f(nn::Linear& model) { optim::SGD o(model, 0.1); }' "$list" \
  'void f(nn::Linear& model) { optim::SGD o(model.parameters(), {0.1}); }'
check names_as_parameters 'void f(nn::Linear& model) { optim::SGD o(model.named_parameters()); }' "$list" \
  'void f(nn::Linear& model) { optim::SGD o({model.weight}); }'
check learning_rate "void f($ps) { optim::AdamW o(ps, {.learning_rate = 1e-3, .weight_decay = 0.1}); }" \
  'there is no option of that name: the learning rate is lr' "void f($ps) { optim::AdamW o(ps, {.lr = 1e-3, .weight_decay = 0.1}); }"
check number_for_a_group "void f(optim::SGD& o, $ps) { o.add_param_group(ps, 1e-4); }" \
  'add_param_group(ps, [](auto& o) { o.lr = 1e-4; })' \
  "void f(optim::SGD& o, $ps) { o.add_param_group(ps, [](auto& o) { o.lr = 1e-4; }); }"

if ! compile -fsyntax-only -include prelude.hpp right.cpp; then
  echo "what is said to be right does not compile"
  exit 1
fi
[ "$failed" = 0 ] && echo "$cases mistakes, each with its hint"
