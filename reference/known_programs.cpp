// Layers of a quadratic program with their derivatives, and the small Maros-Meszaros programs. In
// the latter x does not enter and F is the objective itself.
#include "reference/known_problems.hpp"

namespace assay::reference {

namespace {

KnownProblem program(const std::string& id, const SmoothText& text,
                     const std::vector<std::string>& y, const std::string& f,
                     const std::vector<std::string>& flags) {
  return {.id = id,
          .name = "Maros and Meszaros " + id,
          .source = "Maros and Meszaros; Hock and Schittkowski",
          .text = text,
          .x = {"0"},
          .y = y,
          .F = f,
          .f = f,
          .remark = "",
          .flags = flags};
}

SmoothText objective(Index m, const std::string& f, const std::vector<std::string>& h,
                     const std::vector<std::string>& g) {
  return {.m = m, .F = f, .f = f, .h = h, .g = g};
}

/// DiffOpt's example: min z'Qz/2 + q'z, Gz <= h, at Q = [2 1 0; 1 2 1; 0 1 2], q = 0,
/// G = [-1 -2 -3; -1 -1 0], h = (-4,-1). F = sum z.
KnownProblem layer(const std::string& id, const std::string& name) {
  return {.id = id,
          .name = name,
          .source = "DiffOpt.jl, moi example 1",
          .text = {},
          .x = {},
          .y = {"4/7", "3/7", "6/7"},
          .F = "13/7",
          .upper = UpperProof::none,
          .remark = "a derivative to reproduce, not an optimum",
          .multipliers = {"5/7", "6/7"}};
}

}  // namespace

std::vector<KnownProblem> known_programs() {
  std::vector<KnownProblem> list;
  KnownProblem vectors = layer("P1", "quadratic layer by q, h");
  vectors.text = {.n = 5,
                  .m = 3,
                  .F = "y1+y2+y3",
                  .f = "y1^2+y2^2+y3^2+y1*y2+y2*y3+x1*y1+x2*y2+x3*y3",
                  .g = {"-y1-2*y2-3*y3-x4", "-y1-y2-x5"}};
  vectors.x = {"0", "0", "0", "-4", "-1"};
  vectors.gradient = {"-3/14", "3/14", "-1/14", "-5/14", "-3/7"};
  list.push_back(vectors);
  // x = Q11 Q22 Q33 Q12 Q13 Q23, G by rows. An entry off the diagonal stands for two equal ones, so
  // that its derivative is twice the symmetrised one.
  KnownProblem matrices = layer("P1(Q,G)", "quadratic layer by Q, G");
  matrices.text = {.n = 12,
                   .m = 3,
                   .F = "y1+y2+y3",
                   .f = "(x1*y1^2+x2*y2^2+x3*y3^2)/2+x4*y1*y2+x5*y1*y3+x6*y2*y3",
                   .g = {"x7*y1+x8*y2+x9*y3+4", "x10*y1+x11*y2+x12*y3+1"}};
  matrices.x = {"2", "2", "2", "1", "0", "1", "-1", "-2", "-3", "-1", "-1", "0"};
  matrices.gradient = {"-6/49", "9/98",  "-3/49", "2*3/196", "-2*11/98", "2*15/196",
                       "5/98",  "15/49", "25/98", "3/49",    "18/49",    "15/49"};
  list.push_back(matrices);
  list.push_back({.id = "P3",
                  .name = "OSQP demo",
                  .source = "OSQP",
                  .text = objective(2, "(4*y1^2+2*y1*y2+2*y2^2)/2+y1+y2", {},
                                    {"y1+y2-1", "1-y1-y2", "-y1", "-y2", "y1-0.7", "y2-0.7"}),
                  .x = {"0"},
                  .y = {"3/10", "7/10"},
                  .F = "47/25",
                  .f = "47/25",
                  .upper = UpperProof::none,
                  .remark = "x does not enter",
                  .flags = {"dependent rows"}});
  list.push_back({.id = "P4",
                  .name = "inequality that acts as an equality",
                  .source = "DiffOpt.jl",
                  .text = objective(2, "(4*y1^2+2*y1*y2+2*y2^2)/2+y1+y2", {}, {"y1+y2+1"}),
                  .x = {"0"},
                  .y = {"-1/4", "-3/4"},
                  .F = "-1/8",
                  .f = "-1/8",
                  .multipliers = {"3/4"}});
  list.push_back({.id = "P6",
                  .name = "projection on a box",
                  .source = "closed form",
                  .text = {.n = 3,
                           .m = 3,
                           .F = "y1+2*y2+3*y3",
                           .f = "((y1-x1)^2+(y2-x2)^2+(y3-x3)^2)/2",
                           .g = {"-y1", "-y2", "-y3", "y1-1", "y2-1", "y3-1"}},
                  .x = {"1/2", "2", "-1"},
                  .y = {"1/2", "1", "0"},
                  .F = "5/2",
                  .upper = UpperProof::none,
                  .remark = "a derivative to reproduce, not an optimum",
                  .gradient = {"1", "0", "0"},
                  .forms = {{.y = {"x1", "1", "0"},
                             .gradient = {"1", "0", "0"},
                             .points = {{"1/2", "2", "-1"},
                                        {"1/4", "3/2", "-2"},
                                        {"3/4", "5", "-1/8"},
                                        {"1/8", "9/8", "-7"},
                                        {"2/3", "4/3", "-1/3"}}}}});

  list.push_back(program(
      "HS21",
      objective(2, "y1^2/100+y2^2-100", {}, {"10-10*y1+y2", "2-y1", "y1-50", "-50-y2", "y2-50"}),
      {"2", "0"}, "-2499/25", {}));
  const std::string hs35 = "9-8*y1-6*y2-4*y3+2*y1^2+2*y2^2+y3^2+2*y1*y2+2*y1*y3";
  list.push_back(program("HS35", objective(3, hs35, {}, {"y1+y2+2*y3-3", "-y1", "-y2", "-y3"}),
                         {"4/3", "7/9", "4/9"}, "1/9", {}));
  list.push_back(program("HS35MOD", objective(3, hs35, {"y2-1/2"}, {"y1+y2+2*y3-3", "-y1", "-y3"}),
                         {"3/2", "1/2", "1/2"}, "1/4", {"kink"}));
  const std::string tail = "(y2+y3-2)^2+(y4-1)^2+(y5-1)^2";
  list.push_back(
      program("HS51", objective(5, "(y1-y2)^2+" + tail, {"y1+3*y2-4", "y3+y4-2*y5", "y2-y5"}, {}),
              {"1", "1", "1", "1", "1"}, "0", {"not strongly convex"}));
  const std::vector<std::string> rows = {"y1+3*y2", "y3+y4-2*y5", "y2-y5"};
  list.push_back(program("HS52", objective(5, "(4*y1-y2)^2+" + tail, rows, {}),
                         {"-33/349", "11/349", "180/349", "-158/349", "11/349"}, "1859/349",
                         {"not strongly convex"}));
  list.push_back(program("HS53",
                         objective(5, "(y1-y2)^2+" + tail, rows,
                                   {"-10-y1", "-10-y2", "-10-y3", "-10-y4", "-10-y5", "y1-10",
                                    "y2-10", "y3-10", "y4-10", "y5-10"}),
                         {"-33/43", "11/43", "27/43", "-5/43", "11/43"}, "176/43",
                         {"not strongly convex"}));
  list.push_back(program("HS76",
                         objective(4, "y1^2+y2^2/2+y3^2+y4^2/2-y1*y3+y3*y4-y1-3*y2+y3-y4", {},
                                   {"y1+2*y2+y3+y4-5", "3*y1+y2+2*y3-y4-4", "1.5-y2-4*y3", "-y1",
                                    "-y2", "-y3", "-y4"}),
                         {"3/11", "23/11", "0", "6/11"}, "-103/22", {}));
  list.push_back(program(
      "HS268",
      objective(5,
                "10197*y1^2+20909*y2^2+1755*y3^2+1515*y4^2+27*y5^2-24908*y1*y2-2026*y1*y3"
                "+3896*y1*y4+658*y1*y5-3466*y2*y3-9828*y2*y4-372*y2*y5+2178*y3*y4-348*y3*y5"
                "-44*y4*y5+18340*y1-34198*y2+4542*y3+8672*y4+86*y5+14463",
                {},
                {"y1+y2+y3+y4+y5-5", "20-10*y1-10*y2+3*y3-5*y4-4*y5", "8*y1-y2+2*y3+5*y4-3*y5-40",
                 "11-8*y1+y2-2*y3-5*y4+3*y5", "4*y1+2*y2-3*y3+5*y4-y5-30"}),
      {"1", "2", "-1", "3", "-4"}, "0", {"kink"}));
  return list;
}

}  // namespace assay::reference
