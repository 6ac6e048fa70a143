#include <gradus/tensor/io/file.hpp>
#include <gradus/train/output_directory.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

namespace gradus::train {

OutputDirectory::OutputDirectory(const std::filesystem::path& folder, std::initializer_list<const char*> files) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail<IoError>("output folder: cannot be made: ", folder.string(), ": ", error.message());
  try {
    io::AtomicFile(folder / "write-test").write("x");  // never committed: gone again, after a kill with the next file
  } catch (const IoError& e) {
    fail<IoError>("output folder: cannot be written to: ", folder.string(), ": ", e.what());
  }
  for (const char* file : files) io::check_replaceable(folder / file);
  lock_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ >= 0 && ::flock(lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(lock_);
    fail<IoError>("output folder: another run is writing to it: ", folder.string(), " — choose another one");
  }
}
OutputDirectory::~OutputDirectory() {
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace gradus::train
