# What R finds in the studies and arguments of a folder that `oracle.py` wrote.
#
# Rscript oracle.R FOLDER prints a line "table <tab> quantity <tab> value" per number, with 17 significant digits.
# Nothing here is adjusted to the suite: what lies between a number of R and ours by definition stands in
# `comparisons.py`. Obuchowski's variance (Biometrics 1997;53:567-578), which none of these packages has, is written
# afresh: all pairs in one matrix, and sums by cluster.

suppressPackageStartupMessages({
  library(survey)
  library(pROC)
  library(geepack)
})

level <- 0.95
tail <- (1 - level) / 2
# Fits go on to the last digits; R's own limits stop four digits before.
strict <- geese.control(epsilon = 1e-12, maxit = 100)
to_the_end <- list(epsilon = 1e-14, maxit = 100)
print_numbers <- function(table, numbers) {
  for (name in names(numbers)) cat(sprintf("%s\t%s\t%.17g\n", table, name, numbers[[name]]))
}

# ---- proportions: ratio estimators over clusters

# Whether each image is in the denominator, and in the numerator.
fractions <- function(images) {
  truth <- images$truth == 1
  test <- images$positive == 1
  list(
    sensitivity = list(truth, test), specificity = list(!truth, !test), ppv = list(test, truth),
    npv = list(!test, !truth), accuracy = list(rep(TRUE, nrow(images)), truth == test),
    prevalence = list(rep(TRUE, nrow(images)), truth), jaccard = list(truth | test, truth & test)
  )
}

proportions <- function(images) {
  found <- list(all_patients = length(unique(images$patient)))
  for (name in names(fractions(images))) {
    fraction <- fractions(images)[[name]]
    images$right <- as.numeric(fraction[[2]])
    images$inside <- fraction[[1]]
    part <- images[images$inside, ]
    exact <- binom.test(sum(part$right), nrow(part), conf.level = level)$conf.int
    numbers <- list(
      n = nrow(part), patients = length(unique(part$patient)), value = mean(part$right), binom_test_low = exact[1],
      binom_test_high = exact[2]
    )
    # Of a proportion of 0 or 1 there is no variance, and a GEE has no finite solution.
    if (0 < numbers$value && numbers$value < 1) numbers <- c(numbers, of_clusters(part, images))
    names(numbers) <- paste(name, names(numbers))
    found <- c(found, numbers)
  }
  if (anyDuplicated(images$patient)) {
    images$right <- as.numeric(images$truth == images$positive)
    design <- svydesign(ids = ~patient, weights = ~1, data = images)
    classes <- vcov(svyby(~right, ~truth, design, svymean, covmat = TRUE))
    found <- c(found, list(svyby_covariance = classes[1, 2]))
  }
  found
}

of_clusters <- function(part, images) {
  design <- svydesign(ids = ~patient, weights = ~1, data = part)
  mean <- svymean(~right, design, deff = "replace")
  domain <- svymean(~right, subset(svydesign(ids = ~patient, weights = ~1, data = images), inside))
  beta <- attr(svyciprop(~right, design, method = "beta", level = level), "ci")
  # As method "logit", which fits a model and stops at its ninth digit.
  logit <- attr(svyciprop(~right, design, method = "xlogit", level = level), "ci")
  gee <- geeglm(right ~ 1, family = binomial, data = part, id = patient, corstr = "independence", control = strict)
  list(
    svymean_se = SE(mean)[[1]], svymean_deff = deff(mean)[[1]], svymean_domain_se = SE(domain)[[1]],
    geeglm_logit_se = sqrt(vcov(gee)[1, 1]), svyciprop_beta_low = beta[[1]], svyciprop_beta_high = beta[[2]],
    svyciprop_xlogit_low = logit[[1]], svyciprop_xlogit_high = logit[[2]]
  )
}

# ---- AUROC

obuchowski <- function(images) {
  x <- images$score[images$truth == 1]
  y <- images$score[images$truth == 0]
  # psi: 1 where the positive scores higher, 1/2 where the scores are equal.
  psi <- outer(x, y, function(a, b) (a > b) + (a == b) / 2)
  m <- length(x)
  n <- length(y)
  theta <- mean(psi)
  clusters <- unique(images$patient)
  of_x <- factor(images$patient[images$truth == 1], clusters)
  of_y <- factor(images$patient[images$truth == 0], clusters)
  sums <- function(values, of) tapply(values, of, sum, default = 0)
  m_i <- table(of_x)
  n_i <- table(of_y)
  p <- as.vector(sums(rowMeans(psi), of_x) - m_i * theta)
  q <- as.vector(sums(colMeans(psi), of_y) - n_i * theta)
  i10 <- sum(m_i > 0)
  i01 <- sum(n_i > 0)
  i <- length(clusters)
  s10 <- i10 / ((i10 - 1) * m) * sum(p^2)
  s01 <- i01 / ((i01 - 1) * n) * sum(q^2)
  s11 <- i / (i - 1) * sum(p * q)
  variance <- s10 / m + s01 / n + 2 * s11 / (m * n)
  half <- qnorm(1 - tail) * sqrt(variance)
  symmetric <- theta + c(-half, half)
  on_logit <- plogis(qlogis(theta) + c(-half, half) / (theta * (1 - theta)))
  u <- p / m + q / n
  degrees <- min(i - 1, max(3, sum(u^2)^2 / sum(u^4)))
  student <- plogis(qlogis(theta) + c(-1, 1) * qt(1 - tail, degrees) * sqrt(variance) / (theta * (1 - theta)))
  list(
    obuchowski_variance = variance, obuchowski_low = symmetric[1], obuchowski_high = symmetric[2],
    obuchowski_logit_low = on_logit[1], obuchowski_logit_high = on_logit[2], obuchowski_degrees = degrees,
    obuchowski_student_low = student[1], obuchowski_student_high = student[2]
  )
}

rank_area <- function(truth, score) {
  m <- sum(truth == 1)
  (sum(rank(score)[truth == 1]) - m * (m + 1) / 2) / (m * sum(truth == 0))
}

auroc <- function(images) {
  curve <- roc(images$truth, images$score, levels = c(0, 1), direction = "<", quiet = TRUE)
  classes <- table(images$truth)
  rank_sum <- wilcox.test(images$score[images$truth == 1], images$score[images$truth == 0], exact = FALSE)
  clusters <- unique(images$patient)
  left_out <- sapply(clusters, function(k) with(images[images$patient != k, ], rank_area(truth, score)))
  found <- list(
    auc = as.numeric(auc(curve)), wilcox_test_area = rank_sum$statistic[[1]] / prod(classes),
    rank_jackknife_variance = (length(clusters) - 1) / length(clusters) * sum((left_out - mean(left_out))^2)
  )
  if (!anyDuplicated(images$patient)) {
    bounds <- as.numeric(ci.auc(curve, method = "delong", conf.level = level))
    found <- c(found, list(
      delong_variance = pROC::var(curve, method = "delong"), ci_auc_low = bounds[1], ci_auc_high = bounds[3]
    ))
  }
  c(found, obuchowski(images))
}

# ---- logistic recalibration with clusters

calibration <- function(images) {
  images$logit <- qlogis(pmin(pmax(images$score, 1e-6), 0.999999))
  fit <- function(formula) {
    geeglm(formula, family = binomial, data = images, id = patient, corstr = "independence", control = strict)
  }
  design <- svydesign(ids = ~patient, weights = ~1, data = images)
  found <- list()
  add <- function(name, at, gee, linearised) {
    numbers <- list(coef(gee)[[at]], sqrt(vcov(gee)[at, at]), SE(linearised)[[at]])
    names(numbers) <- paste(name, c("geeglm", "geeglm_se", "svyglm_se"))
    found <<- c(found, numbers)
  }
  shift <- svyglm(truth ~ offset(logit), design, family = quasibinomial, control = to_the_end)
  add("in_the_large", 1, fit(truth ~ offset(logit)), shift)
  line <- svyglm(truth ~ logit, design, family = quasibinomial, control = to_the_end)
  gee <- fit(truth ~ logit)
  add("intercept", 1, gee, line)
  add("slope", 2, gee, line)
  c(found, list(student = qt(1 - tail, length(unique(images$patient)) - 1)))
}

# ---- functions of base R

base_r <- function(folder) {
  read <- function(name) read.csv(file.path(folder, paste0(name, ".csv")))
  each <- function(name, numbers) setNames(as.list(numbers), paste(name, seq_along(numbers)))
  binomial <- read("binomial")
  exact <- mapply(function(x, n) binom.test(x, n, conf.level = level)$conf.int, binomial$x, binomial$n)
  score <- suppressWarnings(
    mapply(function(x, n) prop.test(x, n, conf.level = level, correct = FALSE)$conf.int, binomial$x, binomial$n)
  )
  t <- read("student")
  f <- read("f")
  values <- read("values")$value
  c(
    each("binom_test low", exact[1, ]), each("binom_test high", exact[2, ]), each("prop_test low", score[1, ]),
    each("prop_test high", score[2, ]), each("p_adjust holm", p.adjust(read("p_values")$p, "holm")),
    each("quantile type 7", quantile(values, read("probabilities")$probability, type = 7, names = FALSE)),
    each("qt", qt((1 + t$level) / 2, t$degrees)), each("pf", pf(f$statistic, f$first, f$second, lower.tail = FALSE))
  )
}

folder <- commandArgs(trailingOnly = TRUE)[1]
for (name in c("survey", "pROC", "geepack")) cat(sprintf("versions\t%s\t%s\n", name, packageVersion(name)))
cat(sprintf("versions\tR\t%s\n", paste(R.version$major, R.version$minor, sep = ".")))
for (file in sort(list.files(file.path(folder, "studies"), full.names = TRUE))) {
  images <- read.csv(file)
  images <- images[order(images$patient), ]
  study <- sub("\\.csv$", "", basename(file))
  print_numbers(study, c(proportions(images), auroc(images), calibration(images)))
}
arguments <- file.path(folder, "arguments")
if (dir.exists(arguments)) print_numbers("base R", base_r(arguments))
