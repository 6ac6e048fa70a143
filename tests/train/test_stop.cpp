#include <gradus/tensor/error.hpp>
#include <gradus/train/stop.hpp>

#include "catch.hpp"

#include <optional>

using namespace gradus;

namespace {
bool ends_the_program(int signal) {
  struct sigaction now {};
  sigaction(signal, nullptr, &now);
  return now.sa_handler == SIG_DFL;
}
}  // namespace

TEST_CASE("the first signal is noted and the second one ends the program", "[train][stop]") {
  for (const int signal : {SIGINT, SIGTERM}) {
    const train::StopRequest stop;
    CHECK_FALSE(stop);
    CHECK(stop.exit_code() == 0);
    CHECK_FALSE(ends_the_program(signal));
    REQUIRE(std::raise(signal) == 0);
    CHECK(stop);
    CHECK(stop.signal() == signal);
    CHECK(stop.exit_code() == 128 + signal);
    CHECK(ends_the_program(SIGINT));
    CHECK(ends_the_program(SIGTERM));
  }
}

TEST_CASE("afterwards the signals do what they did before", "[train][stop]") {
  struct sigaction before[2], after[2];
  sigaction(SIGINT, nullptr, &before[0]);
  sigaction(SIGTERM, nullptr, &before[1]);
  std::optional<train::StopRequest> stop(std::in_place);
  CHECK_THROWS_WITH(train::StopRequest(), "StopRequest: there is one already");
  std::raise(SIGINT);
  CHECK(*stop);
  stop.reset();
  sigaction(SIGINT, nullptr, &after[0]);
  sigaction(SIGTERM, nullptr, &after[1]);
  CHECK(before[0].sa_handler == after[0].sa_handler);
  CHECK(before[1].sa_handler == after[1].sa_handler);
  stop.emplace();
  CHECK_FALSE(*stop);  // what came before is forgotten
}
