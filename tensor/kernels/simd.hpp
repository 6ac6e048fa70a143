// Instruction sets chosen at run time, on templates: run(f) calls f inside a function compiled for the widest vectors
// that this CPU has, and f (a lambda with a loop in it) is inlined there, so one source gives three machine codes.
#pragma once

/// Before a loop whose iterations do not depend on each other, so that it becomes vector code without a run-time check.
#if defined(__clang__)
#define GRADUS_IVDEP _Pragma("clang loop vectorize(assume_safety)")
#else
#define GRADUS_IVDEP _Pragma("GCC ivdep")
#endif

namespace gradus::simd {

/// 4 for AVX-512, 3 for AVX2 with FMA, else 1. The environment variable GRADUS_SIMD lowers it (for tests).
int level();

#if defined(__x86_64__) && !defined(__AVX512F__)
#if defined(__clang__)
#define GRADUS_TARGET_V4 __attribute__((target("arch=x86-64-v4"), flatten, noinline))
#else
#define GRADUS_TARGET_V4 __attribute__((target("arch=x86-64-v4,prefer-vector-width=512"), flatten, noinline))
#endif
#define GRADUS_TARGET_V3 __attribute__((target("arch=x86-64-v3"), flatten, noinline))

template <class F>
GRADUS_TARGET_V4 void run_v4(const F& f) {
  f();
}
template <class F>
GRADUS_TARGET_V3 void run_v3(const F& f) {
  f();
}
template <class F>
inline void run(const F& f) {
  switch (level()) {
    case 4: return run_v4(f);
    case 3: return run_v3(f);
    default: return f();
  }
}
#undef GRADUS_TARGET_V4
#undef GRADUS_TARGET_V3
#else  // compiled for AVX-512 already (GRADUS_NATIVE), or not an x86: nothing to choose
template <class F>
inline void run(const F& f) {
  f();
}
#endif

}  // namespace gradus::simd
