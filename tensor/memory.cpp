// The pool. Fresh pages cost more than the arithmetic done on them (the kernel faults in and zeroes each one), so a
// training step must get back the blocks that the last step freed. Blocks are sorted into size classes, four to each
// power of two, each with a free list. Small blocks go to malloc, which is fastest there.
#include <gradus/tensor/available_memory.hpp>
#include <gradus/tensor/memory.hpp>

#include <pthread.h>

#include <array>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>

namespace gradus {
namespace {

constexpr std::size_t header_bytes = 64;  // in front of the values; keeps them on a 64-byte boundary
constexpr std::size_t smallest_pooled = 1024;
constexpr std::size_t worth_a_look = std::size_t{64} << 20;  // asking the system costs less than its first pages do
#if defined(__SANITIZE_ADDRESS__) || defined(GRADUS_NO_POOL)
constexpr bool caching = false;  // a reused block would hide a use after free from the sanitizer
#else
constexpr bool caching = true;
#endif

struct SizeClass {
  std::size_t index, bytes;
};
/// The smallest of {4, 5, 6, 7} * 2^k that holds `bytes`.
SizeClass size_class(std::size_t bytes) {
  const std::size_t quarter = std::bit_floor(bytes - 1) / 4;
  const std::size_t quarters = (bytes + quarter - 1) / quarter;  // 5..8, where 8 is the next power's 4
  return {static_cast<std::size_t>(std::countr_zero(quarter)) * 4 + quarters - 4, quarters * quarter};
}

struct FreeBlock {
  FreeBlock* next;
};

class Pool {
 public:
  void* acquire(std::size_t bytes) {
    const SizeClass c = size_class(bytes);
    {
      const std::lock_guard lock(mutex_);
      if (FreeBlock* block = free_[c.index]) {
        free_[c.index] = block->next;
        cached_ -= c.bytes;
        return block;
      }
    }
    void* block = fresh(c.bytes);
    if (!block && cached() > 0) {
      empty();
      block = fresh(c.bytes);
    }
    return block;
  }

  void give_back(void* p, std::size_t bytes, std::size_t peak_live) {
    const SizeClass c = size_class(bytes);
    if (caching) {
      const std::lock_guard lock(mutex_);
      if (cached_ + c.bytes <= peak_live) {  // never hold back more than the program once needed
        free_[c.index] = new (p) FreeBlock{free_[c.index]};
        cached_ += c.bytes;
        return;
      }
    }
    std::free(p);
  }

  void empty() {
    std::array<FreeBlock*, classes> lists;
    {
      const std::lock_guard lock(mutex_);
      lists = std::exchange(free_, {});
      cached_ = 0;
    }
    for (FreeBlock* block : lists)
      while (block) std::free(std::exchange(block, block->next));
  }

  std::size_t cached() {
    const std::lock_guard lock(mutex_);
    return cached_;
  }
  std::mutex& mutex() { return mutex_; }

 private:
  static constexpr std::size_t classes = 4 * 64;

  static void* fresh(std::size_t bytes) {
    // The system might promise more than there is, and end the process when it is used. An eighth is for all else.
    if (bytes >= worth_a_look)
      if (const std::size_t left = available_memory(); bytes > left - left / 8) return nullptr;
    return std::aligned_alloc(64, (bytes + 63) / 64 * 64);
  }

  std::mutex mutex_;
  std::array<FreeBlock*, classes> free_{};
  std::size_t cached_ = 0;
};

Pool& pool() {
  static Pool* p = [] {
    // Held across a fork, so that the child finds its lists whole and the lock free.
    pthread_atfork([] { pool().mutex().lock(); }, [] { pool().mutex().unlock(); }, [] { pool().mutex().unlock(); });
    return new Pool;  // never destroyed: tensors of static lifetime may still come back to it
  }();
  return *p;
}

std::atomic<std::size_t> live_bytes{0}, peak_bytes{0};

void count(std::size_t bytes) {
  const std::size_t live = live_bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  std::size_t peak = peak_bytes.load(std::memory_order_relaxed);
  while (live > peak && !peak_bytes.compare_exchange_weak(peak, live, std::memory_order_relaxed)) {
  }
}

}  // namespace

MemoryStats memory_stats() { return {live_bytes.load(), peak_bytes.load(), pool().cached()}; }
void reset_peak_memory() { peak_bytes = live_bytes.load(); }
void empty_cache() { pool().empty(); }

Ref<Storage> allocate(std::size_t bytes) {
  const bool pooled = bytes >= smallest_pooled;
  const std::size_t header = pooled ? header_bytes : sizeof(Storage);
  void* block = bytes > SIZE_MAX / 2 ? nullptr : pooled ? pool().acquire(header + bytes) : std::malloc(header + bytes);
  if (!block)
    fail<MemoryError>("tensor: memory cannot be had: ", bytes, " bytes asked for, ", live_bytes.load(),
                      " held by tensors, ", available_memory(), " available");
  auto* s = new (block) Storage;
  s->bytes = bytes;
  s->data = static_cast<char*>(block) + header;
  count(bytes);
  return Ref<Storage>(s);
}

Ref<Storage> adopt(void* data, std::size_t bytes, std::function<void()> on_release) {
  void* block = std::malloc(sizeof(Storage));
  if (!block) fail<MemoryError>("tensor: memory cannot be had: ", sizeof(Storage), " bytes asked for");
  auto* s = new (block) Storage;
  s->bytes = bytes;
  s->data = data;
  s->on_release = new std::function<void()>(std::move(on_release));
  return Ref<Storage>(s);
}

namespace {
void run_release(const std::function<void()>& f) noexcept {
  try {
    try {
      if (f) f();
    } catch (const std::exception& e) {
      warn(join("from_memory: on_release threw: ", e.what()));
    } catch (...) {
      warn("from_memory: on_release threw what is no std::exception");
    }
  } catch (...) {  // the warning handler threw too
  }
}
}  // namespace

void detail::destroy(Storage* s) noexcept {
  if (s->on_release) {
    run_release(*s->on_release);
    delete s->on_release;
    std::free(s);
    return;
  }
  const std::size_t bytes = s->bytes;
  live_bytes.fetch_sub(bytes, std::memory_order_relaxed);
  if (bytes >= smallest_pooled) pool().give_back(s, header_bytes + bytes, peak_bytes.load(std::memory_order_relaxed));
  else std::free(s);
}

}  // namespace gradus
