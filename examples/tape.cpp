// What happens in one training step: the tape as a table, as a page to step through and for Graphviz, and the memory.
#include <gradus/gradus.hpp>

#include <CLI/CLI.hpp>

#include <fstream>
#include <iostream>

using namespace gradus;

struct Block : nn::Module<Block> {
  nn::Linear fc1, fc2;
  explicit Block(Index width) : fc1(width, width), fc2(width, width) {}
  Variable forward(const Variable& x) { return x + fc2(relu(fc1(x))); }
  void fields(nn::Fields& f) {
    f("fc1", fc1);
    f("fc2", fc2);
  }
};

struct Mlp : nn::Module<Mlp> {
  nn::Linear in{64, 48}, out{48, 10};
  std::vector<Block> blocks{Block(48), Block(48)};
  Variable forward(const Variable& x) {
    Variable h = relu(in(flatten(x, 1)));
    for (Block& block : blocks) h = block(h);
    return out(h);
  }
  void fields(nn::Fields& f) {
    f("in", in);
    f("blocks", blocks);
    f("out", out);
  }
};

int main(int argc, char** argv) {
  std::filesystem::path folder = "runs/tape";
  CLI::App app{"Writes tape.html, tape.dot and memory.svg of one training step on the digits."};
  app.add_option("folder", folder, "where to")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    std::filesystem::create_directories(folder);
    manual_seed(1);
    Mlp model;
    optim::AdamW optimizer(model.parameters());
    auto batches = data::DataLoader(data::digits(), {.batch_size = 512, .shuffle = true});
    const auto batch = *batches.begin();
    const auto forward = [&] { return nn::cross_entropy(model(batch.x), batch.y); };
    const auto step = [&] {
      optimizer.zero_grad();
      forward().backward();
      optimizer.step();
    };
    step();  // the first step also fills the memory pool and makes AdamW's state
    {
      Profiler profiler;
      const Variable loss = forward();
      loss.backward({.retain_graph = true});
      std::cout << print_tape(loss, &profiler) << "\n" << profiler.table() << "\n";
      std::ofstream(folder / "tape.dot") << to_dot(loss, &profiler);
      to_html(loss, folder / "tape.html",
              {.profiler = &profiler, .title = "one step of an MLP on digits", .names = model.named_parameters()});
    }
    const MemoryTimeline memory;
    step();
    memory.save(folder / "memory.svg");
    std::cout << "page      " << (folder / "tape.html").string() << "\ngraphviz  " << (folder / "tape.dot").string()
              << "\nmemory    " << (folder / "memory.svg").string() << "\n";
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
    return 1;
  }
}
