"""Degrees of freedom of a variance between groups of patients, such as sites, that differ in size.

Owns the rule for clusters that hold many independent patients each. There are few of them, one may hold most of the
patients, and the sites' proportions are not normal: the variance between them is then known worse than its number of
sites says. Clusters that are patients are `proportions` and `validation.metrics.auroc_interval`.
Sources: Satterthwaite 1946; Bell & McCaffrey 2002 (degrees of freedom from the sizes). The coverage probabilities of
the intervals with them are in docs/evidence/coverage-sites.md.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


def degrees_by_size(sizes: NDArray[np.float64]) -> float:
    """Compute Satterthwaite's degrees of freedom of the sum of squared residuals, by the groups' sizes alone.

    With G the covariance matrix of the residuals r_k = x_k - p n_k where each group's total varies as its size
    (complete correlation within a group, the worst case), they are tr(G)^2 / tr(G^2): K - 1 for K groups of equal
    size, fewer for others. With s_q = sum (n_k / n)^q, tr(G) = s_2 - 2 s_3 + s_2^2 and
    tr(G^2) = s_4 + 4 s_2 s_4 + 2 s_3^2 + s_2^4 - 4 s_2^2 s_3 - 4 s_5.

    Args:
        sizes: n_k above 0, shape (groups,).

    Returns:
        At least 1; 1 for a single group.
    """
    if len(sizes) == 1:
        return 1.0
    # Exact: where one group holds nearly all, the terms cancel but for their last digits.
    exact = [Fraction(size) for size in sizes.tolist()]
    n, s2, s3, s4, s5 = (sum(size**power for size in exact) for power in (1, 2, 3, 4, 5))
    trace = s2 * n**2 - 2 * s3 * n + s2**2  # times n^4
    squared = (s4 * n**2 + 4 * s2 * s4 + 2 * s3**2) * n**2 + s2**4 - (4 * s2**2 * s3 + 4 * s5 * n**2) * n
    return max(1.0, float(trace**2 / squared))


def degrees_of_groups(sizes: NDArray[np.float64], squares: NDArray[np.float64]) -> float:
    """Compute the degrees of freedom of a proportion's variance: the fewer of those by size and of the data's own.

    The data's own are (sum r_k^2)^2 / sum r_k^4 (Satterthwaite), low where few groups are unlike the others.

    Args:
        sizes: n_k above 0, two groups or more, shape (groups,).
        squares: r_k^2 in any unit, not all 0, of the same shape.

    Returns:
        From 1 to K - 1.
    """
    own = float(squares.sum()) ** 2 / float((squares * squares).sum())
    return max(1.0, min(own, degrees_by_size(sizes)))
