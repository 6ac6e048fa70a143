// The test program. `gradus_tests --ctest FILE` writes one add_test() per test case, with its tags as labels, for ctest to include:
// unlike catch_discover_tests it takes any name (brackets, commas, quotes, semicolons) and both versions of Catch2.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#include <catch2/internal/catch_test_case_registry_impl.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

namespace {

struct Listed {
  std::string name;
  std::vector<std::string> tags;
};

std::vector<Listed> list(Catch::Session& session) {
  std::vector<Listed> result;
  for (const auto& test : Catch::getAllTestCasesSorted(session.config())) {
#if __has_include(<catch2/catch_all.hpp>)
    const auto& info = test.getTestCaseInfo();
    result.push_back({info.name, {}});
    for (const auto& tag : info.tags) result.back().tags.emplace_back(std::string(tag.original));
#else
    result.push_back({test.name, test.tags});
#endif
  }
  return result;
}

// The name as Catch2's command line wants it.
std::string escaped(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (std::string_view("\\,[]\"").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

// ctest's labels: the tags without their marks; a tag that Catch2 hides by default becomes "slow".
std::string labels(const std::vector<std::string>& tags) {
  std::string result;
  for (const auto& tag : tags) {
    const bool hidden = tag.front() == '.' || tag == "hide";
    result += hidden ? "slow" : tag.substr(tag.front() == '!' ? 1 : 0);
    result += ';';
  }
  return result;
}

// Whether Catch2's command line can name exactly this test case, and CMake can quote it.
bool selectable(const std::string& name) {
  return !name.empty() && name.front() != '~' && name.front() != '*' && name.back() != '*' && name.front() != ' ' &&
         name.back() != ' ' && name.find("exclude:") == std::string::npos && name.find('\n') == std::string::npos &&
         name.find("]==]") == std::string::npos;
}

int write_ctest_file(Catch::Session& session, const std::string& program, const std::string& path) {
  std::remove(path.c_str());
  const auto tests = list(session);  // throws if two have the same name
  std::ofstream file(path);
  for (const auto& [name, tags] : tests) {
    if (!selectable(name)) {
      file.close();
      std::remove(path.c_str());
      std::cerr << "test name that cannot be selected on the command line: \"" << name << "\"\n";
      return 1;
    }
    file << "add_test([==[" << name << "]==] [==[" << program << "]==] [==[" << escaped(name) << "]==] -w NoTests)\n"
         << "set_tests_properties([==[" << name << "]==] PROPERTIES ${properties} LABELS \"" << labels(tags) << "\")\n";
  }
  file.close();
  return file ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Catch::Session session;
  if (argc == 3 && std::string_view(argv[1]) == "--ctest") return write_ctest_file(session, argv[0], argv[2]);
  return session.run(argc, argv);
}
