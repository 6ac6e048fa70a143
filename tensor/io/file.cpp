#include <gradus/tensor/io/file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <system_error>
#include <utility>

namespace gradus::io {
namespace {
namespace fs = std::filesystem;

// Linux moves at most 2 GiB - 4 KiB with one call.
constexpr std::size_t largest_transfer = std::size_t{1} << 30;

const char* hint(int error) {
  switch (error) {
    case ENOENT: return " — check the path and that its folder exists";
    case EACCES:
    case EPERM: return " — check the permissions of the file and its folder";
    case ENOSPC:
    case EDQUOT: return " — free some space";
    case EFBIG: return " — the file size limit was reached (ulimit -f)";
    case EROFS: return " — choose a folder on a writable file system";
    case EISDIR: return " — name a file in it";
    case EMFILE:
    case ENFILE: return " — too many files are open (ulimit -n)";
    default: return "";
  }
}
[[noreturn]] void fail_io(const char* what, const fs::path& path, int error) {
  fail<IoError>("file: ", what, ": ", path.native(), ": ", std::generic_category().message(error), hint(error));
}

template <class Call>
auto retry(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

/// Calls part(done, n) for the bytes still missing until there are n or no more.
template <class Part>
std::size_t read_parts(const fs::path& path, std::size_t n, Part part) {
  std::size_t done = 0;
  while (done < n) {
    const ssize_t got = retry([&] { return part(done, std::min(n - done, largest_transfer)); });
    if (got < 0) fail_io("cannot be read", path, errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

// Temporary files are <name>.tmp.<machine>.<process>.<number>: unique among all writers, even on a shared disk, and
// the sweeper sees whose they are.
std::atomic<std::uint64_t> next_number{0};

std::string temporary_middle() {
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  std::uint32_t hash = 2166136261u;  // FNV-1a
  for (const char* c = host; *c; ++c) hash = (hash ^ static_cast<unsigned char>(*c)) * 16777619u;
  return ".tmp." + std::to_string(hash) + '.';
}

/// Whether name ends in middle + "<process>.<number>" of a process of this machine that is gone. The number tells a
/// predecessor with our own process id (usual in containers) from ourselves: we never gave it out.
bool is_leftover(std::string_view name, std::string_view middle) {
  const auto at = name.rfind(middle);
  if (at == std::string_view::npos || at == 0) return false;
  const char* const end = name.data() + name.size();
  long long process = 0;
  std::uint64_t number = 0;
  const auto [dot, bad_process] = std::from_chars(name.data() + at + middle.size(), end, process);
  if (bad_process != std::errc{} || process <= 0 || dot == end || *dot != '.') return false;
  const auto [rest, bad_number] = std::from_chars(dot + 1, end, number);
  if (bad_number != std::errc{} || rest != end) return false;
  if (process == ::getpid()) return number >= next_number.load();
  return ::kill(static_cast<pid_t>(process), 0) != 0 && errno == ESRCH;
}

void remove_leftovers(const fs::path& folder, const std::string& middle) {
  std::error_code ignored;  // a leftover that stays does no harm
  for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end; entry.increment(ignored)) {
    std::error_code failed;
    if (is_leftover(entry->path().filename().native(), middle)) fs::remove(entry->path(), failed);
  }
}
/// A descriptor above those of stdin, stdout and stderr.
int open_above_standard(const fs::path& path, int flags, mode_t mode = 0) {
  keep_standard_streams();
  return retry([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); });
}
}  // namespace

void keep_standard_streams() {
  for (int fd = 0; fd <= 2; ++fd)
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
      // The wrong direction: reading and writing still fail, as they did.
      const int got = retry([&] { return ::open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY); });
      if (got >= 0 && got != fd) ::close(got);  // another thread was faster
    }
}

SizeLimitErrors::SizeLimitErrors() {
  sigset_t limit;
  sigemptyset(&limit);
  sigaddset(&limit, SIGXFSZ);
  ::pthread_sigmask(SIG_BLOCK, &limit, &before_);
}
SizeLimitErrors::~SizeLimitErrors() {
  if (sigismember(&before_, SIGXFSZ)) return;
  const int error = errno;
  sigset_t limit;
  sigemptyset(&limit);
  sigaddset(&limit, SIGXFSZ);
  const timespec at_once{};
  while (::sigtimedwait(&limit, nullptr, &at_once) < 0 && errno == EINTR) {
  }
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  errno = error;
}

void check_replaceable(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return;
  if (S_ISDIR(info.st_mode)) fail_io("cannot be written", path, EISDIR);
  if (!S_ISREG(info.st_mode)) fail<IoError>("file: cannot be replaced: ", path.native(), ": it is not a regular file");
}

InputFile::InputFile(const fs::path& path) : path_(path) {
  fd_ = open_above_standard(path, O_RDONLY);
  if (fd_ < 0) fail_io("cannot be opened", path, errno);
  struct stat info {};
  int error = ::fstat(fd_, &info) != 0 ? errno : 0;
  if (S_ISDIR(info.st_mode)) error = EISDIR;
  if (error) {
    ::close(fd_);
    fail_io("cannot be opened", path, error);
  }
  regular_ = S_ISREG(info.st_mode);
  size_ = regular_ ? static_cast<std::uint64_t>(info.st_size) : 0;
}
InputFile::~InputFile() { ::close(fd_); }

std::size_t InputFile::read(void* to, std::size_t n) {
  return read_parts(path_, n, [&](std::size_t done, std::size_t wanted) {
    return ::read(fd_, static_cast<char*>(to) + done, wanted);
  });
}
std::size_t InputFile::read_at(std::uint64_t offset, void* to, std::size_t n) const {
  return read_parts(path_, n, [&](std::size_t done, std::size_t wanted) {
    return ::pread(fd_, static_cast<char*>(to) + done, wanted, static_cast<off_t>(offset + done));
  });
}

std::string read_file(const fs::path& path, std::uint64_t max_bytes) {
  InputFile file(path);
  const auto too_big = [&](std::uint64_t found) {
    fail<FormatError>("file: too large: ", path.native(), ": expected at most ", max_bytes, " bytes, found ", found);
  };
  if (file.size() > max_bytes) too_big(file.size());
  std::string text;
  // One byte more than the size: a file that grew, or a pipe, shows by filling it.
  for (std::size_t step = static_cast<std::size_t>(file.size()) + 1;;
       step = std::max<std::size_t>(text.size(), 65536)) {
    const std::size_t before = text.size();
    text.resize(before + step);
    const std::size_t got = file.read(text.data() + before, step);
    text.resize(before + got);
    if (text.size() > max_bytes) too_big(text.size());
    if (got < step) return text;
  }
}

AtomicFile::AtomicFile(const fs::path& path) : path_(path) {
  std::error_code error;
  if (fs::is_symlink(path_, error)) {
    const fs::path target = fs::canonical(path_, error);
    if (!error) path_ = target;
  }
  if (path_.filename().empty()) fail_io("cannot be written", path, EISDIR);
  check_replaceable(path_);
  struct stat old {};
  const bool exists = ::stat(path_.c_str(), &old) == 0;
  const fs::path folder = path_.has_parent_path() ? path_.parent_path() : fs::path(".");
  const std::string middle = temporary_middle();
  remove_leftovers(folder, middle);
  const std::string prefix = path_.filename().native().substr(0, 200) + middle;  // names end at 255 bytes
  do {
    temporary_ = folder / (prefix + std::to_string(::getpid()) + '.' + std::to_string(next_number++));
    const mode_t mode = exists ? 0600 : 0666;  // an old file may be private: nobody else opens its successor early
    fd_ = open_above_standard(temporary_, O_WRONLY | O_CREAT | O_EXCL, mode);
  } while (fd_ < 0 && errno == EEXIST);
  if (fd_ < 0) fail_io("cannot be created", temporary_, errno);
  if (exists && ::fchmod(fd_, old.st_mode & 07777) != 0) fail_to("its mode cannot be set");
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

/// Reports errno and leaves nothing behind (a constructor that throws has no destructor to do it).
void AtomicFile::fail_to(const char* what) {
  const int error = errno;
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  ::unlink(temporary_.c_str());
  temporary_.clear();
  fail_io(what, path_, error);
}

void AtomicFile::write(const void* data, std::size_t n) {
  if (fd_ < 0) fail<StateError>("file: written to after it was finished: ", path_.native());
  const SizeLimitErrors size_limit;
  for (std::size_t done = 0; done < n;) {
    const std::size_t wanted = std::min(n - done, largest_transfer);
    const ssize_t got = retry([&] { return ::write(fd_, static_cast<const char*>(data) + done, wanted); });
    if (got < 0) fail_to("cannot be written (an older file is unchanged)");
    done += static_cast<std::size_t>(got);
  }
}

void AtomicFile::commit() {
  if (fd_ < 0) fail<StateError>("file: committed after it was finished: ", path_.native());
  if (retry([&] { return ::fsync(fd_); }) != 0) fail_to("cannot be written (an older file is unchanged)");
  // close() may be the first to report an error of a network disk. After EINTR the descriptor is gone: no retry.
  if (::close(std::exchange(fd_, -1)) != 0 && errno != EINTR) fail_to("cannot be written (an older file is unchanged)");
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail_to("cannot be replaced");
  temporary_.clear();
  const fs::path folder = path_.has_parent_path() ? path_.parent_path() : fs::path(".");
  const int fd = open_above_standard(folder, O_RDONLY | O_DIRECTORY);
  if (fd < 0) return;  // a folder that may be written but not read: the rename stands, only its moment is open
  const int error = retry([&] { return ::fsync(fd); }) != 0 ? errno : 0;
  ::close(fd);
  if (error && error != EINVAL) fail_io("was replaced, but its folder cannot be synced", path_, error);
}

void write_file_atomically(const fs::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}
void write_file_atomically(const fs::path& path, const std::function<void(AtomicFile&)>& writer) {
  AtomicFile file(path);
  writer(file);
  file.commit();
}

}  // namespace gradus::io
