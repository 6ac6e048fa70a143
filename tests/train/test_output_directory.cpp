#include <gradus/tensor/io/file.hpp>
#include <gradus/train/csv_log.hpp>
#include <gradus/train/output_directory.hpp>

#include "catch.hpp"
#include "scratch_file.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

using namespace gradus;
namespace fs = std::filesystem;

TEST_CASE("the folder of a run is made, proved and left empty", "[train][output]") {
  const ScratchFolder folder;
  { const train::OutputDirectory out(folder.path / "deep" / "er", {"a"}); }
  CHECK(fs::is_empty(folder.path / "deep" / "er"));
  CHECK_THROWS_WITH(train::OutputDirectory("/dev/null/out"),
                    StartsWith("output folder: cannot be made: /dev/null/out: "));
  if (fs::exists("/proc/self")) CHECK_THROWS_AS(train::OutputDirectory("/proc/self"), IoError);
}

TEST_CASE("a second run in the folder of a first is refused until that ends", "[train][output]") {
  const ScratchFolder folder;
  {
    const train::OutputDirectory first(folder.path);
    CHECK_THROWS_WITH(train::OutputDirectory(folder.path),
                      "output folder: another run is writing to it: " + folder.path.string() + " — choose another one");
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        const train::OutputDirectory second(folder.path);
        ::_exit(0);
      } catch (const IoError&) {
        ::_exit(3);
      }
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WEXITSTATUS(status) == 3);
  }
  CHECK_NOTHROW(train::OutputDirectory(folder.path));
}

TEST_CASE("what stands where a run wants to write is found before it begins", "[train][output]") {
  const ScratchFolder folder;
  ::mkfifo((folder.path / "pipe").c_str(), 0600);
  fs::create_directory(folder.path / "folder");
  fs::create_symlink("/dev/null", folder.path / "device");
  CHECK_THROWS_WITH(train::OutputDirectory(folder.path, {"new", "pipe"}), ContainsSubstring("not a regular file"));
  CHECK_THROWS_WITH(train::OutputDirectory(folder.path, {"folder"}), ContainsSubstring("Is a directory"));
  CHECK_THROWS_WITH(train::OutputDirectory(folder.path, {"device"}), ContainsSubstring("not a regular file"));
  CHECK_THROWS_WITH(train::CsvLog(folder.path / "pipe", {"a"}), ContainsSubstring("not a regular file"));
  CHECK_NOTHROW(train::OutputDirectory(folder.path, {"new"}));
}

TEST_CASE("temporary files of killed runs go when the next run begins", "[train][output][file]") {
  const ScratchFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    io::AtomicFile one(folder.path / "model"), two(folder.path / "table");
    ::_exit(0);  // no destructor: as if killed
  }
  ::waitpid(child, nullptr, 0);
  const auto entries = [&] { return std::distance(fs::directory_iterator(folder.path), fs::directory_iterator()); };
  REQUIRE(entries() == 2);
  const train::OutputDirectory out(folder.path);
  CHECK(entries() == 0);
}

TEST_CASE("no file that is opened takes the place of a closed standard stream", "[train][output][file]") {
  const ScratchFolder folder;
  const fs::path text = folder.path / "text", table = folder.path / "table", whole = folder.path / "whole";
  io::write_file_atomically(text, "x");
  for (const int open_first : {0, 1, 2}) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (int fd = 0; fd <= 2; ++fd) ::close(fd);
      std::unique_ptr<io::InputFile> in;
      std::unique_ptr<io::AtomicFile> out;
      std::unique_ptr<train::CsvLog> log;
      if (open_first == 0) in = std::make_unique<io::InputFile>(text);
      if (open_first == 1) out = std::make_unique<io::AtomicFile>(whole);
      if (open_first == 2) log = std::make_unique<train::CsvLog>(table, std::vector<std::string>{"a"});
      const bool refused = ::write(1, "noise\n", 6) < 0 && ::write(2, "noise\n", 6) < 0;
      if (out) out->commit();
      ::_exit(refused ? 3 : 0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WEXITSTATUS(status) == 3);
  }
  CHECK(io::read_file(table) == "a\n");
  CHECK(io::read_file(whole).empty());
}
