// Options that suit the runs of train.cpp.
#pragma once
#include <string>

/// The text of an optimizer with the options that suit the small images here where it gives none: "muon" becomes
/// "muon,adamw.lr=...,lr=...". In the one spelling of such texts.
std::string with_rates(const std::string& optimizer);
/// "adadelta,lr=3 adafactor,lr=0.1 ...": what with_rates() knows.
std::string all_rates();
