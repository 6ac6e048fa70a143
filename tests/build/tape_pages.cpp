// tape_pages FOLDER: writes the pages that tape_page.sh looks at, and prints for each its name and number of nodes.
#include <gradus/gradus.hpp>

#include <iostream>

using namespace gradus;

namespace {

struct Mlp : nn::Module<Mlp> {
  nn::Sequential body{nn::Linear(6, 8), nn::ReLU(), nn::Linear(8, 8), nn::ReLU()};
  nn::Linear head{8, 3};
  Variable forward(const Variable& x) {
    const Variable h = body(x);
    return head(h * h + h);
  }
  void fields(nn::Fields& f) {
    f("body", body);
    f("head", head);
  }
};

/// About 5000 nodes in modules three deep.
Variable deep_model(std::vector<std::string>& paths) {
  Variable x = leaf(full({2, 3}, 0.1));
  for (int layer = 0; layer < 208; ++layer) {
    Variable skip = x;
    for (const char* part : {"attention", "mlp"}) {
      detail::module_path = paths.emplace_back(join("layers.", layer, ".", part)).c_str();
      for (int i = 0; i < 4; ++i) x = tanh(x * leaf(full({3}, 1 + 0.01 * i)));
    }
    detail::module_path = nullptr;
    x = x + skip;
  }
  return sum(x);
}

}  // namespace

int main(int, char** argv) {
  const std::filesystem::path folder = argv[1];
  const auto write = [&](const char* name, const Variable& y, HtmlOptions options = {}) {
    to_html(y, folder / join(name, ".html"), options);
    std::cout << name << " " << tape(y).size() << "\n";
  };
  manual_seed(1);

  Mlp model;
  Profiler profiler;
  const Variable loss = nn::cross_entropy(model(randn({4, 6})), tensor<Index>({0, 1, 2, 0}));
  write("mlp", loss, {.profiler = &profiler, .title = "MLP", .names = model.named_parameters()});

  std::vector<std::string> paths;
  paths.reserve(10000);  // their addresses stay on the tape
  write("deep", deep_model(paths));

  const Variable w = leaf(full({2}, 0.999));
  Variable chain = w;
  for (int i = 0; i < 4998; ++i) chain = i % 7 ? chain * w : chain + 0.001;
  write("chain", sum(chain));

  const Variable x = leaf(ones({2}));
  paths.push_back("a.</script><script>window.broken = 1</script><!--.\"'&");
  detail::module_path = paths.back().c_str();
  Variable y = x * x;
  detail::module_path = nullptr;
  y = checkpoint([&](const Variable& v) { return exp(v) * w; }, y);
  write("escape", sum(y),
        {.title = "</title></script><b onclick=1>", .names = {{"<img src=x onerror='window.broken = 1'>", x}}});
  write("leaf", x);
}
