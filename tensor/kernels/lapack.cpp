#include <gradus/tensor/kernels/blas.hpp>
#include <gradus/tensor/kernels/lapack.hpp>
#include <gradus/tensor/tensor.hpp>

#include <algorithm>
#include <limits>
#include <vector>

// Fortran takes everything by address, and the lengths of texts behind the other arguments.
#define GRADUS_LAPACK(p, T)                                                                                            \
  void p##geqrf_(const int* m, const int* n, T* a, const int* lda, T* tau, T* work, const int* lwork, int* info);      \
  void p##orgqr_(const int* m, const int* n, const int* k, T* a, const int* lda, const T* tau, T* work,                \
                 const int* lwork, int* info);                                                                         \
  void p##syevd_(const char* job, const char* triangle, const int* n, T* a, const int* lda, T* w, T* work,             \
                 const int* lwork, int* iwork, const int* liwork, int* info, std::size_t, std::size_t);                \
  void p##potrf_(const char* triangle, const int* n, T* a, const int* lda, int* info, std::size_t);                    \
  void p##getrf_(const int* m, const int* n, T* a, const int* lda, int* swaps, int* info);                             \
  void p##getrs_(const char* transpose, const int* n, const int* k, const T* a, const int* lda, const int* swaps,      \
                 T* b, const int* ldb, int* info, std::size_t);                                                        \
  void p##trtrs_(const char* triangle, const char* transpose, const char* diagonal, const int* n, const int* k,        \
                 const T* a, const int* lda, T* b, const int* ldb, int* info, std::size_t, std::size_t, std::size_t);  \
  void p##gesdd_(const char* job, const int* m, const int* n, T* a, const int* lda, T* s, T* u, const int* ldu, T* vt, \
                 const int* ldvt, T* work, const int* lwork, int* iwork, int* info, std::size_t);                      \
  void p##gelsy_(const int* m, const int* n, const int* k, T* a, const int* lda, T* b, const int* ldb, int* columns,   \
                 const T* rcond, int* rank, T* work, const int* lwork, int* info);
extern "C" {
GRADUS_LAPACK(s, float)
GRADUS_LAPACK(d, double)
}
#undef GRADUS_LAPACK

namespace gradus::lapack {
namespace {

/// sgeqrf_ or dgeqrf_, by T.
#define GRADUS_BY_TYPE(name)                                          \
  template <class T>                                                  \
  constexpr auto name##_ = [](auto... arguments) {                    \
    const blas::OneThread one;                                        \
    if constexpr (std::is_same_v<T, float>) s##name##_(arguments...); \
    else d##name##_(arguments...);                                    \
  };
GRADUS_BY_TYPE(geqrf)
GRADUS_BY_TYPE(orgqr)
GRADUS_BY_TYPE(syevd)
GRADUS_BY_TYPE(potrf)
GRADUS_BY_TYPE(getrf)
GRADUS_BY_TYPE(getrs)
GRADUS_BY_TYPE(trtrs)
GRADUS_BY_TYPE(gesdd)
GRADUS_BY_TYPE(gelsy)
#undef GRADUS_BY_TYPE

int to_lapack(Index n) {
  if (n > std::numeric_limits<int>::max())
    fail<ShapeError>("lapack: the matrix is too large for 32-bit LAPACK: an extent or workspace of ", n, " elements");
  return static_cast<int>(n);
}
/// info, which below 0 means that this file passed a wrong argument.
int checked(const char* routine, int info) {
  if (info < 0)
    fail<Error>(routine, ": LAPACK refused its argument ", -info, " — a mistake in gradus, please report it");
  return info;
}
/// Calls f(work, lwork) to learn how much working memory it wants, at least `least` elements, and then with it.
template <class T, class F>
void with_workspace(Index least, F f) {
  to_lapack(least);
  T wanted = 0;
  f(&wanted, -1);
  const Index n = std::max(least, static_cast<Index>(wanted));
  Tensor work({n}, dtype_of<T>());
  f(work.write<T>(), to_lapack(n));
}

}  // namespace

template <class T>
int geqrf(Index rows, Index columns, T* a, T* tau) {
  const int m = to_lapack(rows), n = to_lapack(columns);
  int info = 0;
  with_workspace<T>(columns, [&](T* work, int lwork) { geqrf_<T>(&m, &n, a, &m, tau, work, &lwork, &info); });
  return checked("geqrf", info);
}

template <class T>
int orgqr(Index rows, Index columns, T* a, const T* tau) {
  const int m = to_lapack(rows), k = to_lapack(columns);
  int info = 0;
  with_workspace<T>(columns, [&](T* work, int lwork) { orgqr_<T>(&m, &k, &k, a, &m, tau, work, &lwork, &info); });
  return checked("orgqr", info);
}

template <class T>
int syevd(bool vectors, Index extent, T* a, T* w) {
  const int n = to_lapack(extent), n_whole = to_lapack(3 + 5 * extent);
  std::vector<int> whole(static_cast<std::size_t>(n_whole));
  int info = 0;
  with_workspace<T>(1 + 6 * extent + 2 * extent * extent, [&](T* work, int lwork) {
    syevd_<T>(vectors ? "V" : "N", "L", &n, a, &n, w, work, &lwork, whole.data(), &n_whole, &info, 1, 1);
  });
  return checked("syevd", info);
}

template <class T>
int potrf(Index extent, T* a) {
  const int n = to_lapack(extent);
  int info = 0;
  potrf_<T>("L", &n, a, &n, &info, 1);
  return checked("potrf", info);
}

template <class T>
int getrf(Index extent, T* a, int* swaps) {
  const int n = to_lapack(extent);
  int info = 0;
  getrf_<T>(&n, &n, a, &n, swaps, &info);
  return checked("getrf", info);
}

template <class T>
int getrs(Index extent, Index columns, const T* lu, const int* swaps, T* b) {
  const int n = to_lapack(extent), k = to_lapack(columns);
  int info = 0;
  getrs_<T>("N", &n, &k, lu, &n, swaps, b, &n, &info, 1);
  return checked("getrs", info);
}

template <class T>
int trtrs(bool upper, bool unit, Index extent, Index columns, const T* a, T* b) {
  const int n = to_lapack(extent), k = to_lapack(columns);
  int info = 0;
  trtrs_<T>(upper ? "U" : "L", "N", unit ? "U" : "N", &n, &k, a, &n, b, &n, &info, 1, 1, 1);
  return checked("trtrs", info);
}

template <class T>
int gesdd(Index rows, Index columns, T* a, T* s, T* u, T* vt) {
  const int m = to_lapack(rows), n = to_lapack(columns), k = std::min(m, n);
  const Index small = std::min(rows, columns), large = std::max(rows, columns);
  std::vector<int> whole(static_cast<std::size_t>(8 * small));
  int info = 0;
  with_workspace<T>((u ? 4 * small * small : 0) + 10 * small + large, [&](T* work, int lwork) {
    gesdd_<T>(u ? "S" : "N", &m, &n, a, &m, s, u, &m, vt, &k, work, &lwork, whole.data(), &info, 1);
  });
  return checked("gesdd", info);
}

template <class T>
int gelsy(Index rows, Index columns, Index solutions, T* a, T* b, double rcond) {
  const int m = to_lapack(rows), n = to_lapack(columns), k = to_lapack(solutions), longest = std::max(m, n);
  std::vector<int> order(static_cast<std::size_t>(n));
  const T limit = static_cast<T>(rcond);
  int info = 0, rank = 0;
  with_workspace<T>(3 * (rows + columns) + 2 * solutions + 1, [&](T* work, int lwork) {
    gelsy_<T>(&m, &n, &k, a, &m, b, &longest, order.data(), &limit, &rank, work, &lwork, &info);
  });
  return checked("gelsy", info);
}

#define GRADUS_INSTANTIATE(T)                                 \
  template int geqrf(Index, Index, T*, T*);                   \
  template int orgqr(Index, Index, T*, const T*);             \
  template int syevd(bool, Index, T*, T*);                    \
  template int potrf(Index, T*);                              \
  template int getrf(Index, T*, int*);                        \
  template int getrs(Index, Index, const T*, const int*, T*); \
  template int trtrs(bool, bool, Index, Index, const T*, T*); \
  template int gesdd(Index, Index, T*, T*, T*, T*);           \
  template int gelsy(Index, Index, Index, T*, T*, double);
GRADUS_INSTANTIATE(float)
GRADUS_INSTANTIATE(double)
#undef GRADUS_INSTANTIATE

}  // namespace gradus::lapack
