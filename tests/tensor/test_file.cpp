#include <gradus/tensor/io/file.hpp>
#include <gradus/tensor/io/gzip.hpp>

#include "catch.hpp"
#include "scratch_file.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

using namespace gradus;
namespace fs = std::filesystem;

namespace {
/// A fresh folder, removed with all that is in it.
struct Folder : ScratchFolder {
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
  }
};
/// Without the fsync of io::write_file_atomically, which would make thousands of cases slow.
void put(const fs::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }
mode_t mode_of(const fs::path& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}
/// Files may not grow beyond n bytes while this lives: what a full disk looks like, without needing one.
struct SizeLimit {
  rlimit old{};
  void (*handler)(int);
  explicit SizeLimit(rlim_t n) {
    ::getrlimit(RLIMIT_FSIZE, &old);
    const rlimit limit{n, old.rlim_max};
    handler = std::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~SizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, handler);
  }
};
std::string gzip(const std::string& text) {
  z_stream z{};
  REQUIRE(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&z, text.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(packed.data());
  z.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&z, Z_FINISH) == Z_STREAM_END);
  packed.resize(z.total_out);
  deflateEnd(&z);
  return packed;
}
std::string read_all(const fs::path& path, std::uint64_t max_bytes = 1 << 20) {
  io::ByteReader reader(path, "test", max_bytes);
  std::string text, part(7, '\0');
  while (!reader.at_end()) text.append(part, 0, reader.read(part.data(), part.size()));
  return text;
}
}  // namespace

TEST_CASE("a file is replaced as a whole and nothing else stays behind", "[io][file]") {
  const Folder folder;
  const fs::path path = folder.path / "a";
  for (const std::string text : {"first", "", "third"}) {
    io::write_file_atomically(path, text);
    CHECK(io::read_file(path) == text);
    CHECK(folder.entries() == 1);
  }
}

TEST_CASE("an old file keeps its mode and a new one follows the umask", "[io][file]") {
  const Folder folder;
  const mode_t umask = ::umask(027);
  io::write_file_atomically(folder.path / "new", "x");
  ::umask(umask);
  CHECK(mode_of(folder.path / "new") == 0640);
  ::chmod((folder.path / "new").c_str(), 0604);
  io::write_file_atomically(folder.path / "new", "y");
  CHECK(mode_of(folder.path / "new") == 0604);
}

TEST_CASE("a symbolic link stays and its target is replaced", "[io][file]") {
  const Folder folder;
  io::write_file_atomically(folder.path / "target", "old");
  fs::create_symlink("target", folder.path / "link");
  io::write_file_atomically(folder.path / "link", "new");
  CHECK(fs::is_symlink(folder.path / "link"));
  CHECK(io::read_file(folder.path / "target") == "new");
}

TEST_CASE("a full disk is an error that leaves the old file", "[io][file]") {
  const Folder folder;
  const fs::path path = folder.path / "a";
  io::write_file_atomically(path, "old");
  {
    const SizeLimit limit(1000);
    const std::string text(5000, 'x');
    CHECK_THROWS_WITH(io::write_file_atomically(path, text),
                      ContainsSubstring("cannot be written (an older file is unchanged)") &&
                          ContainsSubstring(path.native()) && ContainsSubstring("File too large"));
    CHECK_THROWS_AS(io::write_file_atomically(path, text), IoError);
  }
  CHECK(io::read_file(path) == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a writer that throws leaves the old file", "[io][file]") {
  const Folder folder;
  const fs::path path = folder.path / "a";
  io::write_file_atomically(path, "old");
  CHECK_THROWS_AS(io::write_file_atomically(path,
                                            [](io::AtomicFile& file) {
                                              file.write("half");
                                              fail<ValueError>("stop");
                                            }),
                  ValueError);
  CHECK(io::read_file(path) == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a finished file takes no more", "[io][file]") {
  const Folder folder;
  io::AtomicFile file(folder.path / "a");
  file.write("x");
  file.commit();
  CHECK_THROWS_WITH(file.write("y"), StartsWith("file: written to after it was finished"));
  CHECK_THROWS_AS(file.commit(), StateError);
}

TEST_CASE("places that cannot be written are named with the reason", "[io][file]") {
  const Folder folder;
  CHECK_THROWS_WITH(io::write_file_atomically(folder.path / "no" / "a", "x"),
                    ContainsSubstring("No such file or directory") && ContainsSubstring("check the path"));
  CHECK_THROWS_WITH(io::write_file_atomically(folder.path, "x"), ContainsSubstring("Is a directory"));
  CHECK_THROWS_WITH(io::write_file_atomically("/dev/full", "x"),
                    "file: cannot be replaced: /dev/full: it is not a regular file");
  CHECK(fs::is_character_file("/dev/full"));
  if (::geteuid() == 0) return;  // root may write everywhere
  ::chmod(folder.path.c_str(), 0500);
  CHECK_THROWS_WITH(io::write_file_atomically(folder.path / "a", "x"), ContainsSubstring("Permission denied"));
  ::chmod(folder.path.c_str(), 0700);
}

TEST_CASE("leftovers of dead processes are removed by the next save and those of living ones stay", "[io][file]") {
  const Folder folder;
  const fs::path path = folder.path / "a";
  const pid_t child = ::fork();
  if (child == 0) {
    io::AtomicFile file(path);
    ::_exit(0);  // no destructor: as if killed
  }
  REQUIRE(child > 0);
  CHECK(folder.entries() <= 1);
  ::waitpid(child, nullptr, 0);
  REQUIRE(folder.entries() == 1);
  io::AtomicFile unfinished(path);
  CHECK(folder.entries() == 1);  // the child's is gone, ours is there
  io::write_file_atomically(path, "x");
  CHECK(folder.entries() == 2);
  unfinished.write("later");
  unfinished.commit();
  CHECK(io::read_file(path) == "later");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a reader sees one of the files that two writers exchange and never a mix", "[io][file]") {
  const Folder folder;
  const fs::path path = folder.path / "a";
  io::write_file_atomically(path, std::string(100000, 'a'));
  std::vector<std::thread> writers;
  for (const char c : {'a', 'b'})
    writers.emplace_back([&path, c] {
      for (int i = 0; i < 30; ++i) io::write_file_atomically(path, std::string(100000, c));
    });
  int torn = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string text = io::read_file(path);
    torn += text.size() != 100000 || text.find_first_not_of(text[0]) != std::string::npos;
  }
  for (auto& w : writers) w.join();
  CHECK(torn == 0);
}

TEST_CASE("reading refuses what is missing or too large", "[io][file]") {
  const Folder folder;
  CHECK_THROWS_WITH(
      io::read_file(folder.path / "no"),
      ContainsSubstring("cannot be opened: " + (folder.path / "no").native() + ": No such file or directory"));
  CHECK_THROWS_WITH(io::read_file(folder.path), ContainsSubstring("Is a directory"));
  io::write_file_atomically(folder.path / "a", "12345");
  CHECK(io::read_file(folder.path / "a", 5) == "12345");
  CHECK_THROWS_WITH(io::read_file(folder.path / "a", 4), ContainsSubstring("expected at most 4 bytes, found 5"));
  CHECK_THROWS_AS(io::read_file("/dev/zero", 1000), FormatError);
}

TEST_CASE("plain and compressed files read the same", "[io][gzip]") {
  const Folder folder;
  const fs::path path = folder.path / "a";
  std::string text;
  for (int i = 0; i < 5000; ++i) text += std::to_string(i * i);
  for (const std::string& bytes : {text, gzip(text), gzip(text.substr(0, 9)) + gzip("") + gzip(text.substr(9))}) {
    put(path, bytes);
    CHECK(read_all(path) == text);
    io::ByteReader reader(path, "test");
    CHECK(reader.is_compressed() == (bytes != text));
    std::string part(5, '\0');
    reader.read_exactly(part.data(), 5);
    CHECK(part == text.substr(0, 5));
    CHECK_FALSE(reader.at_end());
    CHECK(reader.offset() == 5);
    CHECK(reader.most_remaining() >= text.size() - 5);
  }
  put(path, gzip(""));
  CHECK(read_all(path).empty());
}

TEST_CASE("damaged and shortened gzip files are refused", "[io][gzip]") {
  const Folder folder;
  const fs::path path = folder.path / "a";
  const std::string packed = gzip("some text, some text, some more text");
  for (std::size_t n = 2; n < packed.size(); ++n) {
    put(path, packed.substr(0, n));
    CHECK_THROWS_WITH(read_all(path), StartsWith("test: the compressed data end too early: offset "));
  }
  for (const std::size_t i : {packed.size() - 8, packed.size() - 1}) {  // the checksum and the length
    std::string changed = packed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    put(path, changed);
    CHECK_THROWS_WITH(read_all(path), StartsWith("test: the compressed data are damaged: offset "));
  }
  put(path, packed + "tail");
  CHECK_THROWS_AS(read_all(path), FormatError);
}

TEST_CASE("no more is inflated than was asked for", "[io][gzip]") {
  const Folder folder;
  const fs::path path = folder.path / "a";
  put(path, gzip(std::string(10'000'000, '\0')));  // 10 kB
  CHECK_THROWS_WITH(read_all(path, 1000), ContainsSubstring("the content is too large: expected at most 1000 bytes"));
  io::ByteReader reader(path, "test");
  char byte = 1;
  reader.read_exactly(&byte, 1);
  CHECK(byte == 0);
  CHECK(reader.offset() == 1);
  CHECK(reader.most_remaining() < 1100 * fs::file_size(path));
  put(path, "abc");
  io::ByteReader plain(path, "test");
  CHECK(plain.most_remaining() == 3);
  std::string part(4, '\0');
  CHECK_THROWS_WITH(plain.read_exactly(part.data(), 4),
                    "test: the file ends too early: offset 0, expected 4 bytes, found 3: " + path.native());
}

TEST_CASE("a write beyond the size limit is an error where the signal would end the program", "[io][file]") {
  const Folder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit limit{1000, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, SIG_DFL);
    int caught = 0;
    for (int i = 0; i < 2; ++i) {
      try {
        io::write_file_atomically(folder.path / "a", std::string(100000, 'x'));
      } catch (const IoError& e) {
        caught += std::string(e.what()).find("ulimit -f") != std::string::npos;
      }
    }
    ::_exit(caught == 2 ? 3 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 3);
  CHECK(folder.entries() == 0);
}
