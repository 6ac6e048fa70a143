// Module names after changes, and the all-or-nothing rules at their edges.
#include <gradus/nn/activation.hpp>
#include <gradus/nn/linear.hpp>
#include <gradus/nn/sequential.hpp>
#include <gradus/nn/serialize.hpp>

#include "catch.hpp"
using namespace gradus;

namespace {
// Answers every call with an error, which carries the module's name.
struct Refuse : nn::Module<Refuse> {
  Variable forward(const Variable&) { fail<ValueError>("refuse: no"); }
};
struct Block : nn::Module<Block> {
  nn::Sequential inner{nn::ReLU{}, Refuse{}};
  Variable forward(const Variable& x) { return inner(x); }
  void fields(nn::Fields& f) { f("inner", inner); }
};
struct Net : nn::Module<Net> {
  std::vector<Block> blocks;
  nn::Sequential head{Refuse{}};
  int used = 0;  // -1: the head
  Variable forward(const Variable& x) { return used < 0 ? head(x) : blocks[static_cast<std::size_t>(used)](x); }
  void fields(nn::Fields& f) {
    f("blocks", blocks);
    f("head", head);
  }
};
template <class M>
std::string error_of(M& module) {
  try {
    module(Variable(ones({1, 2})));
  } catch (const Error& e) {
    CHECK(gradus::detail::module_path == nullptr);  // restored on the way out
    return e.what();
  }
  return "";
}
}  // namespace

TEST_CASE("a module copied inside its model gets the name of its new place", "[nn][module-path]") {
  Net net;
  net.blocks.resize(1);
  CHECK(error_of(net) == "refuse: no (in module blocks.0.inner.1)");
  net.blocks.push_back(net.blocks[0]);
  net.used = 1;
  CHECK(error_of(net) == "refuse: no (in module blocks.1.inner.1)");
  net.blocks.erase(net.blocks.begin());
  net.used = 0;
  CHECK(error_of(net) == "refuse: no (in module blocks.0.inner.1)");
}
TEST_CASE("a module called directly is a root and the model's names come back", "[nn][module-path]") {
  Net net;
  net.blocks.resize(1);
  error_of(net);
  CHECK(error_of(net.blocks[0]) == "refuse: no (in module inner.1)");
  CHECK(error_of(net) == "refuse: no (in module blocks.0.inner.1)");
}
TEST_CASE("layers swapped or assigned from a called model are named by where they stand", "[nn][module-path]") {
  nn::Sequential other{nn::ReLU{}, nn::ReLU{}, Refuse{}};
  CHECK(error_of(other) == "refuse: no (in module 2)");
  Net net;
  net.used = -1;
  CHECK(error_of(net) == "refuse: no (in module head.0)");
  net.head = other;
  CHECK(error_of(net) == "refuse: no (in module head.2)");
  std::swap(net.head[0], net.head[2]);
  CHECK(error_of(net) == "refuse: no (in module head.0)");
}
TEST_CASE("an exception from fields leaves no module active", "[nn][module-path]") {
  struct Throwing : nn::Module<Throwing> {
    Refuse child;
    Variable forward(const Variable& x) { return child(x); }
    void fields(nn::Fields&) { fail<ValueError>("fields: no"); }
  } throwing;
  CHECK(error_of(throwing) == "fields: no");
  nn::Sequential next{Refuse{}};
  CHECK(error_of(next) == "refuse: no (in module 0)");
}
TEST_CASE("a state with an undefined tensor is refused before anything is written", "[nn][state-dict]") {
  struct Two : nn::Module<Two> {
    nn::Parameter a{zeros({2})}, b{zeros({})};
    void fields(nn::Fields& f) {
      f("a", a);
      f("b", b);
    }
  } two;
  CHECK_THROWS_WITH(two.load_state_dict({{"a", ones({2})}, {"b", Tensor()}}),
                    "load_state_dict: the state does not fit Two: b is given without a value");
  CHECK(equal(two.a.data(), zeros({2})));
}
TEST_CASE("a tied parameter is listed once and two parameters with one name are refused", "[nn][state-dict]") {
  struct Tied : nn::Module<Tied> {
    nn::Parameter w{zeros({3})}, v{zeros({3})};
    bool clash = false;
    void fields(nn::Fields& f) {
      f("a", w);
      if (clash) f("a", v);
      else f("b", w);
    }
  } tied;
  CHECK(tied.parameters().size() == 1);
  CHECK(tied.parameter_count() == 3);
  CHECK(tied.state_dict().size() == 2);
  tied.clash = true;
  CHECK_THROWS_WITH(tied.parameters(), "named_parameters: Tied::fields() gives a name twice: a");
}
TEST_CASE("using a layer that was moved out of a Sequential throws", "[nn][sequential]") {
  nn::Sequential s{nn::ReLU{}};
  const nn::AnyModule taken = std::move(s[0]);
  CHECK_THROWS_AS(s(Variable(ones({1}))), StateError);
}
