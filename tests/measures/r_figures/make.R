# Stored figures of R: Rscript make.R, in this folder. Needs Debian's r-base-core, r-cran-survival,
# r-cran-cmprsk, r-cran-jsonlite; their versions are written into the answer.
library(survival)
library(cmprsk)
library(jsonlite)

TAU <- 84
DAYS <- c(0, 7, 14, 28, 42, 56, 84)

vec <- function(x) I(as.numeric(x))

kaplan <- function(d) {
  fit <- survfit(Surv(entry, exit, cause == 1) ~ 1, data = d, conf.type = "log-log")
  whole <- summary(fit, censored = TRUE)
  mean <- function(tau) {
    out <- summary(fit, rmean = tau)$table
    c(out[["rmean"]], out[["se(rmean)"]])
  }
  middle <- quantile(fit, 0.5)
  list(time = vec(fit$time), n_risk = vec(fit$n.risk), n_event = vec(fit$n.event),
       surv = vec(fit$surv), se = vec(whole$std.err), lower = vec(fit$lower),
       upper = vec(fit$upper),
       median = vec(c(middle$quantile, middle$lower, middle$upper)),
       rmean_84 = vec(mean(TAU)), rmean_last = vec(mean(max(fit$time))))
}

incidence <- function(d) {
  d$id <- seq_len(nrow(d))
  d$state <- factor(d$cause, 0:2, c("none", "one", "two"))
  fit <- survfit(Surv(entry, exit, state) ~ 1, data = d, id = id, conf.type = "log-log")
  col <- function(m, state) vec(m[, match(state, fit$states)])
  one <- function(state) list(cif = col(fit$pstate, state), se = col(fit$std.err, state),
                              lower = col(fit$lower, state), upper = col(fit$upper, state))
  list(time = vec(fit$time), n_risk = vec(fit$n.risk[, 1]), surv = col(fit$pstate, "(s0)"),
       surv_se = col(fit$std.err, "(s0)"), one = one("one"), two = one("two"))
}

gray <- function(d) {
  if (any(d$entry >= 0) || !any(d$cause > 0)) return(NULL)
  fit <- cuminc(d$exit, d$cause)
  at <- timepoints(fit, sort(unique(d$exit)))
  kinds <- sub(".* ", "", rownames(at$est))
  out <- lapply(seq_along(kinds), function(i) list(cif = vec(at$est[i, ]), var = vec(at$var[i, ])))
  names(out) <- kinds
  c(list(time = vec(as.numeric(colnames(at$est)))), out)
}

data <- read.csv("data.csv")
figures <- lapply(split(data, factor(data$cohort, unique(data$cohort))), function(d) {
  list(kaplan_meier = kaplan(d), aalen_johansen = incidence(d), cuminc = gray(d))
})
made_with <- list(R = paste(R.version$major, R.version$minor, sep = "."),
                  survival = as.character(packageVersion("survival")),
                  cmprsk = as.character(packageVersion("cmprsk")))
write(toJSON(list(made_with = made_with, cohorts = figures), digits = I(15), na = "null",
             null = "null", auto_unbox = TRUE), "figures.json")
