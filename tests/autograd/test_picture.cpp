#include <gradus/gradus.hpp>

#include "catch.hpp"
#include "scratch_file.hpp"

#include <nlohmann/json.hpp>

using namespace gradus;
using nlohmann::json;

namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
/// The page of y, and what is in it for the script.
struct Page {
  std::string text;
  json tape;
  explicit Page(const Variable& y, const HtmlOptions& options = {}) {
    const ScratchFile file("");
    to_html(y, file.path, options);
    text = content(file.path);
    const std::string start = "<script type=\"application/json\" id=\"tape\">";
    const auto from = text.find(start) + start.size();
    tape = json::parse(text.substr(from, text.find("</script>", from) - from));
  }
};
/// What runs in it is recorded as that module's.
struct Inside {
  const char* before = detail::module_path;
  explicit Inside(const char* path) { detail::module_path = path; }
  ~Inside() { detail::module_path = before; }
};
bool has(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }
std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("the Graphviz text has a box per module and an edge per value", "[autograd][picture]") {
  const Variable x = leaf(ones({2, 3})), w = leaf(ones({3, 4}));
  Profiler profiler;
  Variable h, y;
  {
    const Inside inside("net.fc");
    h = matmul(x, w);
  }
  {
    const Inside inside("net.\"end\"\\");
    y = sum(h * h);
  }
  const std::string dot = to_dot(y), n = join(h.node()->sequence());
  CHECK(has(dot, "digraph tape {\n"));
  CHECK(has(dot, join("    subgraph cluster_3 {\n      label=\"fc\"; labeljust=l;")));
  CHECK(has(dot, "label=\"\\\"end\\\"\\\\\";"));
  CHECK(count(dot, "label=\"net\"") == 1);
  CHECK(has(dot, join("n", n, " [label=\"", n, " matmul\\nf32 [2, 4]\"];")));
  const auto leaf_at = dot.find(join("n", w.node()->sequence(), " [label"));
  CHECK(dot.substr(leaf_at, 90).find("shape=ellipse") != std::string::npos);
  CHECK(leaf_at > dot.find("label=\"fc\""));  // a leaf stands where it is used
  CHECK(has(dot, join("n", w.node()->sequence(), " -> n", n, " [label=\"[3, 4]\\n48 B\"];")));
  CHECK(count(dot, " -> ") == 5);
  CHECK(count(dot, "{") == count(dot, "}"));
  CHECK_FALSE(has(dot, " us"));
  CHECK(count(to_dot(y, &profiler), "\\nforward ") == 3);
  CHECK(count(to_dot(Variable(ones({2}))), "label") == 0);
}

TEST_CASE("a page lists nodes with what their rules read and each step of the pass", "[autograd][picture]") {
  const Variable x = leaf(tensor({1.0, 2.0, -4.0}));
  Profiler profiler;
  const Variable e = exp(x), y = sum(e * x);
  const json tape = Page(y, {.profiler = &profiler, .title = "my tape", .names = {{"input", x}}}).tape;
  CHECK(tape["title"] == "my tape");
  const json &nodes = tape["nodes"], &steps = tape["steps"];
  REQUIRE(nodes.size() == 4);
  CHECK(nodes[0]["leaf"] == true);
  CHECK(nodes[0]["name"] == "input");
  CHECK(nodes[0]["forward"] == -1);
  CHECK(nodes[1]["op"] == "exp");
  CHECK(nodes[1]["number"] == e.node()->sequence());
  CHECK(nodes[1]["shape"] == "[3]");
  CHECK(nodes[1]["bytes"] == 24);
  CHECK(nodes[1]["inputs"] == json{0});
  CHECK(nodes[1]["forward"] >= 0);
  CHECK(nodes[1]["backward"] >= 0);  // from the page's own pass: there was no other
  REQUIRE(nodes[1]["reads"].size() == 1);
  CHECK(nodes[1]["reads"][0]["output"] == true);
  CHECK(tape["storages"][nodes[1]["reads"][0]["storage"].get<std::size_t>()] == json({1, 2}));  // mul keeps it too
  CHECK(nodes[2]["keeps"] == 48);
  REQUIRE(steps.size() == 4);
  CHECK(steps[0]["node"] == 3);
  CHECK(steps[0]["gradient"] == json({1.0, 1.0, 1.0, 1.0, 0, 0}));
  CHECK(steps[1]["sent"].size() == 2);
  CHECK(steps[1]["sent"][0]["to"] == 1);
  CHECK(steps[1]["sent"][0]["values"][0] == -4.0);  // g x
  CHECK(steps[1]["sent"][0]["values"][1] == 2.0);
  CHECK(steps[1]["sent"][0]["values"][3].get<double>() == Approx(std::sqrt(21.0)));
  CHECK(steps[3]["node"] == 0);
  CHECK(steps[3]["sent"].empty());
  CHECK(steps[3]["gradient"][1].get<double>() == Approx(3 * std::exp(2.0)));
}

TEST_CASE("a page starts from ones where the value is no scalar and counts what is not finite", "[autograd][picture]") {
  const Variable x = leaf(tensor({0.0, 1.0}));
  const json tape = Page(log(x)).tape;
  CHECK(tape["title"] == "tape");
  CHECK(tape["steps"][0]["gradient"][2] == 1.0);
  CHECK(tape["steps"][1]["gradient"] == json({1.0, 1.0, 1.0, 1.0, 0, 1}));
  const json all_nan = Page(sqrt(leaf(tensor({-1.0})))).tape;
  CHECK(all_nan["steps"][1]["gradient"] == json({nullptr, nullptr, nullptr, nullptr, 1, 0}));
  CHECK(Page(x).tape["steps"].size() == 1);
}

TEST_CASE("a page changes no gradient and no tape and other observers do not see its pass", "[autograd][picture]") {
  const Variable x = leaf(tensor({1.0, 2.0}));
  sum(x * 3).backward();
  const Variable h = x * x, y = sum(h);
  h.retain_grad();
  Profiler profiler;
  const Page page(y);
  CHECK(x.grad().to_vector<double>() == std::vector<double>{3, 3});
  CHECK_FALSE(h.grad().defined());
  CHECK(profiler.rows().empty());
  CHECK(profiler.times(h.node()->sequence()).backward == -1);
  y.backward();
  CHECK(x.grad().to_vector<double>() == std::vector<double>{5, 7});
  CHECK(profiler.times(h.node()->sequence()).backward >= 0);
}

TEST_CASE("a tape that was released or was never there is refused before the file is touched", "[autograd][picture]") {
  const ScratchFile file("as it was");
  const Variable x = leaf(tensor({1.0, 2.0})), h = exp(x), y = sum(h * x), z = sum(h * 2);
  z.backward();
  CHECK_THROWS_WITH(to_html(z, file.path), ContainsSubstring("sum: backward through it a second time"));
  CHECK_THROWS_WITH(to_html(y, file.path), ContainsSubstring("exp: backward through it a second time"));
  CHECK_THROWS_WITH(to_html(Variable(ones({2})), file.path),
                    "to_html: nothing was recorded for this value: no input of it requires a gradient");
  Variable stale = sum(x * x);
  Variable(x).data().fill(3);
  CHECK_THROWS_AS(to_html(stale, file.path), StateError);
  CHECK(content(file.path) == "as it was");
  CHECK_THROWS_AS(to_html(sum(exp(x)), file.path / "below"), IoError);
}

TEST_CASE("names in a page cannot end its script and stay what they were", "[autograd][picture]") {
  const std::string evil = "</script><script>alert(1)</script><!-- \"\\ \xff";
  const Variable x = leaf(tensor({1.0}));
  const Inside inside("a</script>.b");
  const Page page(exp(x), {.title = evil, .names = {{evil, x}}}), plain(exp(x));
  CHECK(count(page.text, "</script>") == count(plain.text, "</script>"));
  CHECK(count(page.text, "<script") == 2);
  CHECK_FALSE(has(page.text, "alert(1)</"));
  const std::string readable = evil.substr(0, evil.size() - 1) + "\xef\xbf\xbd";  // what is no UTF-8 is replaced
  CHECK(page.tape["title"] == readable);
  CHECK(page.tape["nodes"][0]["name"] == readable);
  CHECK(page.tape["nodes"][1]["module"] == "a</script>.b");
}

TEST_CASE("a page needs nothing from outside and its marks are filled in", "[autograd][picture]") {
  const Page page(exp(leaf(tensor({1.0}))));
  for (const char* outside : {"http:", "https:", "src=", "href=", "@import", "url(", "fetch("}) {
    INFO(outside);
    CHECK_FALSE(has(page.text, outside));
  }
  for (const char* mark : {"/* page.css */", "/* data */", "/* layout.js */", "/* draw.js */", "/* page.js */"})
    CHECK_FALSE(has(page.text, mark));
  CHECK(has(page.text, "function setLayers"));
  CHECK(has(page.text, "</html>"));
}

TEST_CASE("a page shows what a checkpoint records again before the checkpoint itself", "[autograd][picture]") {
  const Variable x = leaf(tensor({0.5})), w = leaf(tensor({2.0}));
  const Function inner = [](const std::vector<Variable>& v) { return tanh(v[0]); };
  const Variable y = sum(checkpoint([&](const Variable& v) { return checkpoint(inner, {exp(v) * w}); }, x * x));
  const json tape = Page(y).tape;
  std::vector<std::string> ops;
  std::size_t again = 0;
  for (std::size_t i = 0; i < tape["nodes"].size(); ++i) {
    const json& node = tape["nodes"][i];
    ops.push_back(node["op"]);
    again += node.contains("again");
    for (const json& input : node["inputs"]) CHECK(input.get<std::size_t>() < i);
  }
  CHECK(ops ==
        std::vector<std::string>{"leaf", "leaf", "mul", "exp", "mul", "tanh", "checkpoint", "checkpoint", "sum"});
  CHECK(again == 5);
  CHECK(tape["steps"].size() == 9);
}

TEST_CASE("the memory timeline finds the peak and where it was", "[autograd][picture][memory]") {
  const Variable x = leaf(ones({1000}));
  const std::size_t before = memory_stats().live;
  MemoryTimeline memory;
  {
    const Inside inside("blocks.0");
    Variable y = x * 2;
    Variable z = concat({y, y, y}, 0);
    y = sum(z * z);
    z = {};
    y.backward();
  }
  const auto& samples = memory.samples();
  CHECK(samples.front().bytes == before);
  CHECK(std::string(samples.front().op).empty());
  CHECK(std::string(samples[1].op) == "mul_scalar");
  CHECK(samples[1].bytes == before + 4000);
  CHECK(samples[2].bytes == before + 16000);
  CHECK_FALSE(samples[2].backward);
  CHECK(samples.back().backward);
  for (std::size_t i = 1; i < samples.size(); ++i) CHECK(samples[i].milliseconds >= samples[i - 1].milliseconds);
  const auto peak = memory.peak();
  for (const auto& s : samples) CHECK(s.bytes <= peak.bytes);
  CHECK(peak.bytes > before + 28000);
  CHECK(peak.backward);
  CHECK(std::string(peak.module) == "blocks.0");
  const std::string svg = memory.svg();
  CHECK(has(svg, join("backward of ", peak.op, " in blocks.0</text>")));
  CHECK(count(svg, " fill=\"#dbeafe\"") == 2);  // the phase and its key
  CHECK(count(svg, " fill=\"#ffedd5\"") == 2);
  CHECK(has(svg, "time (ms)"));
  CHECK(has(svg, "held by tensors (KiB)"));
  CHECK_FALSE(has(svg, "nan"));
  const ScratchFile file("");
  memory.save(file.path);
  CHECK(content(file.path) == memory.svg());
}

TEST_CASE("a memory timeline without or with very many samples still is a picture", "[autograd][picture][memory]") {
  MemoryTimeline memory;
  CHECK(std::string(memory.peak().op).empty());
  const std::string empty = memory.svg();
  CHECK(has(empty, "the start</text>"));
  CHECK_FALSE(has(empty, "nan"));
  CHECK_FALSE(has(empty, "inf"));
  const Inside inside("<a&b>");
  Variable x = leaf(ones({2}));
  for (int i = 0; i < 20000; ++i) x = x + 1;
  CHECK(memory.samples().size() == 20001);
  CHECK(memory.svg().size() < 80000);  // at most two heights per pixel
  const Variable w = leaf(ones({2}));
  for (int i = 0; i < 2000; ++i) sum(w * 2).backward();
  CHECK(memory.svg().size() < 200000);  // at most one phase per pixel
  CHECK(has(memory.svg(), "&lt;a&amp;b&gt;"));
}
