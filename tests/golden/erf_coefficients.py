"""Prints the polynomials of tensor/kernels/vecmath_erf.hpp: interpolants at Chebyshev's points, in 60 digits.

    python tests/golden/erf_coefficients.py

in an environment with `pip install mpmath`. The comments say which argument of each polynomial runs over [-1, 1].
"""

from mpmath import chebyt, cos, erfc, exp, expm1, fac2, log, mp, mpf, nstr, pi, polyval, sqrt, taylor

mp.dps = 60


def interpolate(f, count):
    """Coefficients, lowest first, of the polynomial in v that meets f(v) at `count` points of [-1, 1]."""
    points = [cos(pi * (2 * i + 1) / (2 * count)) for i in range(count)]
    values = [f(x) for x in points]
    powers = [mpf(0)] * count
    for j in range(count):
        weight = sum(y * cos(pi * j * (2 * i + 1) / (2 * count)) for i, y in enumerate(values)) * (2 - (j == 0)) / count
        for k, c in enumerate(taylor(lambda x, j=j: chebyt(j, x), 0, j)):
            powers[k] += weight * c
    return powers


def show(name, f, low, high, count):
    """f as a polynomial of v, where t = (low + high) / 2 + v (high - low) / 2 runs over [low, high]."""
    middle, half = (low + high) / 2, (high - low) / 2
    c = interpolate(lambda v: f(middle + v * half), count)
    tests = [mpf(i) / 500 - 1 for i in range(1001)]
    worst = max(abs(polyval(c[::-1], v) / f(middle + v * half) - 1) for v in tests)
    print(f"// {name}: v = t * {nstr(1 / half, 18)} - {nstr(middle / half, 18)}, relative error {nstr(worst, 2)}")
    print(", ".join(nstr(x, 17) for x in c))


def scaled_erfc(v):
    """e^(x^2) erfc(x) (x + 2) at v = (3 - x) / (x + 2): -1 is x = infinity, 1 is x = 0.5."""
    if v < mpf(10) ** -30 - 1:
        return 1 / sqrt(pi)
    x = (3 - 2 * v) / (1 + v)
    # Further out than erfc can be computed, its asymptotic series.
    tail = sum((-1) ** k * fac2(2 * k - 1) / (2 * x * x) ** k for k in range(40)) / x / sqrt(pi) if x > 100 else 0
    return (tail or exp(x * x) * erfc(x)) * (x + 2)


def inverse_slope(w):
    """erfinv(x) / x at w = -log(1 - x^2), by Newton's method on log(erfc), which keeps its digits near x = 1."""
    if w < mpf(10) ** -30:
        return sqrt(pi) / 2
    x = sqrt(-expm1(-w))
    wanted = log(exp(-w) / (1 + x))  # of 1 - x
    y = sqrt(w) * 7 / 8
    for _ in range(12):
        y += (log(erfc(y)) - wanted) * erfc(y) * sqrt(pi) / 2 * exp(y * y)
    return y / x


if __name__ == "__main__":
    for count in (12, 25):
        show("e^(x^2) erfc(x) (x + 2), t = (3 - x) / (x + 2)", scaled_erfc, mpf(-1), mpf(1), count)
    show("erfinv(x) / x, t = w = -log(1 - x^2)", inverse_slope, mpf(0), mpf("6.25"), 10)
    show("erfinv(x) / x, t = sqrt(w)", lambda t: inverse_slope(t * t), mpf("2.5"), mpf("6.02"), 10)
