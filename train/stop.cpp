#include <gradus/tensor/error.hpp>
#include <gradus/train/stop.hpp>

namespace gradus::train {
namespace {

volatile std::sig_atomic_t received = 0;
bool in_use = false;

void note(int signal) {
  received = signal;
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

}  // namespace

StopRequest::StopRequest() {
  if (in_use) fail<StateError>("StopRequest: there is one already");
  in_use = true;
  received = 0;
  struct sigaction action {};
  action.sa_handler = note;
  action.sa_flags = SA_RESTART;  // a write that it falls into goes on
  sigaction(SIGINT, &action, &interrupt_before_);
  sigaction(SIGTERM, &action, &terminate_before_);
}
StopRequest::~StopRequest() {
  sigaction(SIGINT, &interrupt_before_, nullptr);
  sigaction(SIGTERM, &terminate_before_, nullptr);
  in_use = false;
}
int StopRequest::signal() const { return received; }

}  // namespace gradus::train
