// Where tensor values live: reference-counted storages, whose larger blocks come from a caching pool.
#pragma once
#include <gradus/tensor/dtype.hpp>

#include <atomic>
#include <functional>
#include <utility>

namespace gradus {

/// Bytes of tensor storage, over all threads.
struct MemoryStats {
  std::size_t live;    ///< held by tensors now
  std::size_t peak;    ///< the most ever held at once since the last reset_peak_memory()
  std::size_t cached;  ///< freed by tensors, kept for reuse
};
MemoryStats memory_stats();
void reset_peak_memory();
/// Returns all cached blocks to the system.
void empty_cache();

/// Owning pointer with the count inside the object; T supplies retain(T*) and release(T*), found by ADL.
template <class T>
class Ref {
 public:
  Ref() = default;
  explicit Ref(T* p) : p_(p) {
    if (p_) retain(p_);
  }
  Ref(const Ref& other) : Ref(other.p_) {}
  Ref(Ref&& other) noexcept : p_(std::exchange(other.p_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(p_, other.p_);
    return *this;
  }
  ~Ref() {
    if (p_) release(p_);
  }
  T* get() const { return p_; }
  T* operator->() const { return p_; }
  T& operator*() const { return *p_; }
  explicit operator bool() const { return p_ != nullptr; }

 private:
  T* p_ = nullptr;
};

/// The memory behind one or more tensors. `version` counts in-place writes, so that autograd notices a stale value.
struct Storage {
  std::atomic<std::uint32_t> refs{0};
  std::uint32_t version = 0;
  std::size_t bytes = 0;
  void* data = nullptr;
  std::function<void()>* on_release = nullptr;  ///< set for memory that belongs to somebody else
};
inline void retain(Storage* s) { s->refs.fetch_add(1, std::memory_order_relaxed); }
namespace detail {
void destroy(Storage* s) noexcept;
}
inline void release(Storage* s) {
  if (s->refs.fetch_sub(1, std::memory_order_acq_rel) == 1) detail::destroy(s);
}

/// `bytes` uninitialised bytes (64-byte aligned from 1 KiB on). Throws MemoryError, also for more than there is.
Ref<Storage> allocate(std::size_t bytes);
/// A storage over foreign memory; `on_release` runs when the last tensor lets go of it. That may be in a destructor, so an
/// exception of its ends in a warning.
Ref<Storage> adopt(void* data, std::size_t bytes, std::function<void()> on_release);

}  // namespace gradus
