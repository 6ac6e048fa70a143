// Random damage to a file's bytes, the same in every run.
#pragma once
#include <random>
#include <string>
#include <vector>

class Mutator {
 public:
  /// `parts` are pieces that mean something in the format: they are put in and written over what is there.
  Mutator(unsigned seed, std::vector<std::string> parts) : random_(seed), parts_(std::move(parts)) {}
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  /// One to three changes; never nothing.
  std::string operator()(std::string bytes) {
    for (std::size_t changes = 1 + below(3); changes > 0; --changes) {
      const std::size_t at = below(bytes.size());
      switch (below(4)) {
        case 0: bytes[at] = static_cast<char>(random_()); break;
        case 1: bytes.erase(at, 1 + below(8)); break;
        case 2: bytes.insert(at, parts_[below(parts_.size())]); break;
        default: bytes.replace(at, 4, parts_[below(parts_.size())]);
      }
      if (bytes.empty()) bytes = "x";
    }
    return bytes;
  }

 private:
  std::mt19937 random_;
  std::vector<std::string> parts_;
};
