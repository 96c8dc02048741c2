#pragma once

#include <string>

#include "assay/trace/trace.hpp"

namespace assay {

/// The points of a run of any program, as a trace with columns iteration, x0, x1, ... and one for
/// every other list of the same length.
///
/// By the file's ending: .csv, a trace as it is; .json, an object of lists, "x" a list of points;
/// .npz, as numpy.savez writes it, "x" of shape (rows, n). "iteration" counts from 0 if missing.
/// @throws InputError for another ending, an unreadable file, lists of different lengths, a point
/// that is not finite
Trace read_iterates(const std::string& file);

}  // namespace assay
