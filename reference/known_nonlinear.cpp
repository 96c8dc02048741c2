// Table C: convex lower levels that are linear, not quadratic, or have curved rows; and table W:
// entries kept because a figure in print is wrong.
#include "reference/known_problems.hpp"

namespace assay::reference {

namespace {

KnownProblem bard(const std::string& id, const std::string& name, const std::string& x2_term,
                  const std::string& F) {
  return {.id = id,
          .name = name,
          .source = "BOLIB; BASBLib b_1984_02",
          .text = {.n = 2,
                   .m = 2,
                   .F = "-x1^2-" + x2_term + "-4*y1+y2^2",
                   .f = "2*x1^2+y1^2-5*y2",
                   .G = {"x1^2+2*x2-4", "-x1", "-x2"},
                   .g = {"-3-x1^2+2*x1-x2^2+2*y1-y2", "4-x2-3*y1+4*y2", "-y1", "-y2"}},
          .x = {"0", "2"},
          .y = {"15/8", "29/32"},
          .F = F,
          .f = "-65/64",
          .flags = {"not strongly convex"}};
}

SmoothText square_root(const std::vector<std::string>& G) {
  return {.F = "(x-3.5)^2+(y+4)^2", .f = "(y-3)^2", .G = G, .g = {"y^2-x"}, .y_box = {{"-3", "3"}}};
}
const std::vector<KnownForm> root = {
    {.y = {"sqrt(x)"}, .points = {{"1"}, {"1/4"}, {"4"}, {"1/16"}, {"2"}}}};

SmoothText colson(const std::string& x_end) {
  return {.F = "(10-x)^3+(10-y)^3",
          .f = "(x+2*y-15)^4",
          .G = {"-x", "y-x", "x-" + x_end},
          .g = {"x+y-20", "-y", "y-20"},
          .y_box = {{"0", "20"}}};
}

}  // namespace

std::vector<KnownProblem> known_nonlinear_problems() {
  std::vector<KnownProblem> list;
  list.push_back({.id = "C1",
                  .name = "Lampariello and Sagratella 3.1",
                  .source = "BOLIB LamparielloSagratella2017Ex31",
                  .text = {.F = "x^2+y^2", .f = "y", .G = {"1-x"}, .g = {"1-x-y"}},
                  .x = {"1"},
                  .y = {"0"},
                  .F = "1",
                  .f = "0",
                  .flags = {"not strongly convex"}});
  list.push_back({.id = "C3",
                  .name = "Dempe and others 2015, 3.3",
                  .source = "BilevelJuMP jump_13_quad",
                  .text = {.F = "(x-1)^2+y^2",
                           .f = "-y",
                           .G = {"-2-x", "x-2"},
                           .g = {"x+y-2", "-x+y-2", "-y"}},
                  .x = {"3/2"},
                  .y = {"1/2"},
                  .F = "1/2",
                  .f = "-1/2",
                  .flags = {"not strongly convex"}});
  list.push_back({.id = "C5",
                  .name = "Dempe 1992b, x free",
                  .source = "BOLIB Dempe1992b",
                  .text = square_root({}),
                  .x = {"0"},
                  .y = {"0"},
                  .F = "113/4",
                  .f = "9",
                  .upper = UpperProof::none,
                  .remark = "y* = sqrt(x): x ends where the lower level is a single point",
                  .flags = {"dependent rows"},
                  .forms = root,
                  .published = {{.where = "BOLIB, the stationary point of inflexion (1,1)",
                                 .F = "31.25",
                                 .x = {"1"},
                                 .y = {"1"}}}});
  list.push_back({.id = "C5(x>=1)",
                  .name = "Dempe 1992b, x >= 1",
                  .source = "BASBLib d_1992_01",
                  .text = square_root({"1-x"}),
                  .x = {"1"},
                  .y = {"1"},
                  .F = "125/4",
                  .f = "4"});
  list.push_back({.id = "C6(x<=5)",
                  .name = "Colson BIPA1, x <= 5",
                  .source = "BOLIB Colson2002BIPA1",
                  .text = colson("5"),
                  .x = {"5"},
                  .y = {"5"},
                  .F = "250",
                  .f = "0",
                  .upper = UpperProof::none,
                  .remark = "x = 5 is the only x <= 5 with y*(x) <= x",
                  .flags = {"not strongly convex"}});
  list.push_back({.id = "C6",
                  .name = "Colson BIPA1, x <= 15",
                  .source = "BASBLib c_2002_01",
                  .text = colson("15"),
                  .x = {"(10*sqrt(2)-2.5)/(sqrt(2)+.5)"},
                  .y = {"(15-(10*sqrt(2)-2.5)/(sqrt(2)+.5))/2"},
                  .F = "~230.2676919992493",
                  .f = "0",
                  .flags = {"not strongly convex"},
                  .forms = {{.y = {"(15-x)/2"}, .points = {}}},
                  .published = {{.where = "BASBLib c_2002_01, y off by the flat fourth power",
                                 .F = "227.691",
                                 .x = {"6.082"},
                                 .y = {"4.487"}}}});
  list.push_back({.id = "C8",
                  .name = "Colson BIPA4",
                  .source = "BASBLib c_2002_04",
                  .text = {.F = "x^2+(y-10)^2",
                           .f = "2*y^3-2*y+x^3-x^2+x",
                           .G = {"x+2*y-6", "-x"},
                           .g = {"2*y-x-3", "-y"},
                           .y_box = {{"0", "1.5"}}},
                  .x = {"0"},
                  .y = {"1/sqrt(3)"},
                  .F = "(10-1/sqrt(3))^2",
                  .f = "-4/(3*sqrt(3))"});
  list.push_back({.id = "C10",
                  .name = "Gumus and Floudas 1",
                  .source = "BOLIB GumusFloudas2001Ex1, BASBLib sib_1997_01",
                  .text = {.F = "16*x^2+9*y^2",
                           .f = "(x+y-20)^4",
                           .G = {"-x", "x-12.5", "y-4*x"},
                           .g = {"4*x+y-50", "-y", "y-50"},
                           .y_box = {{"0", "5"}}},
                  .x = {"45/4"},
                  .y = {"5"},
                  .F = "2250",
                  .f = "50625/256",
                  .published = {{.where = "BASBLib sib_1997_01", .f = "194.80"}}});
  list.push_back({.id = "C10(local)",
                  .name = "Gumus and Floudas 1, the other local minimum",
                  .source = "BOLIB GumusFloudas2001Ex1",
                  .text = {.F = "16*x^2+9*y^2",
                           .f = "(x+y-20)^4",
                           .G = {"-x", "x-12.5", "y-4*x"},
                           .g = {"4*x+y-50", "-y", "y-50"},
                           .y_box = {{"0", "21.2"}}},
                  .x = {"36/5"},
                  .y = {"64/5"},
                  .F = "2304",
                  .f = "0",
                  .flags = {"not strongly convex"},
                  .forms = {{.y = {"20-x"}, .points = {}}}});
  KnownProblem three = bard("C11", "Bard 1988, 3", "3*x2", "-12983/1024");
  three.published = {
      {.where = "BASBLib b_1984_02, F*", .F = "-12.687", .x = {"0", "2"}, .y = {"15/8", "29/32"}},
      {.where = "BASBLib b_1984_02, f*", .f = "-6.473"}};
  list.push_back(three);
  list.push_back(bard("C12", "Sinha, Malo and Deb TP3", "3*x2^2", "-19127/1024"));
  list.push_back(
      {.id = "C13",
       .name = "ridge shrinkage, a = (2,1), b = (1,1)",
       .source = "closed form",
       .text = {.m = 2, .F = "(y1-1)^2+(y2-1)^2", .f = "(y1-2)^2+(y2-1)^2+exp(x)*(y1^2+y2^2)"},
       .x = {"log(2/3)"},
       .y = {"6/5", "3/5"},
       .F = "1/5",
       .forms = {{.y = {"2/(1+exp(x))", "1/(1+exp(x))"},
                  .points = {{"0"}, {"1"}, {"-1"}, {"-2/5"}, {"3"}}}}});

  list.push_back({.id = "W1",
                  .name = "Falk and Liu",
                  .source = "BASBLib fl_1995_01",
                  .text = {.n = 2,
                           .m = 2,
                           .F = "x1^2-3*x1+x2^2-3*x2+y1^2+y2^2",
                           .f = "(y1-x1)^2+(y2-x2)^2",
                           .g = {"1/2-y1", "1/2-y2", "y1-3/2", "y2-3/2"}},
                  .x = {"3/4", "3/4"},
                  .y = {"3/4", "3/4"},
                  .F = "-9/4",
                  .f = "0",
                  .published = {{.where = "BOLIB FalkLiu1995",
                                 .F = "-2.1962",
                                 .x = {"sqrt(3)/2", "sqrt(3)/2"},
                                 .y = {"sqrt(3)/2", "sqrt(3)/2"}}}});
  list.push_back({.id = "W2",
                  .name = "Aiyoshi and Shimizu 2",
                  .source = "BASBLib, Handbook of Test Problems",
                  .text = {.n = 2,
                           .m = 2,
                           .F = "2*x1+2*x2-3*y1-3*y2-60",
                           .f = "(y1-x1+20)^2+(y2-x2+20)^2",
                           .G = {"x1+x2+y1-2*y2-40", "-x1", "-x2", "x1-50", "x2-50"},
                           .g = {"2*y1-x1+10", "2*y2-x2+10", "-10-y1", "-10-y2", "y1-20", "y2-20"}},
                  .x = {"0", "0"},
                  .y = {"-10", "-10"},
                  .F = "0",
                  .f = "200",
                  .published = {{.where = "BOLIB AiyoshiShimizu1984Ex2, \"global\"",
                                 .F = "5",
                                 .x = {"25", "30"},
                                 .y = {"5", "10"}}}});
  return list;
}

}  // namespace assay::reference
