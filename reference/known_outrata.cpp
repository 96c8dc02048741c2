// Outrata's oligopoly-like problems (1990, 1993): one lower level with two coupling rows, many
// data.
#include "reference/known_problems.hpp"

namespace assay::reference {

namespace {

const std::vector<std::string> rows = {"-0.333*y1+y2-2", "y1-0.333*y2-2", "-y1", "-y2"};
const std::string first_F = "(y1^2+y2^2)/2-3*y1-4*y2", second_F = "((y1-3)^2+(y2-4)^2)/2";
const std::string regular = "+0.1*(x1^2+x2^2)";

}  // namespace

std::vector<KnownProblem> known_outrata_problems() {
  const std::vector<std::vector<std::string>> many = {
      {"2", "3"}, {"1", "3"}, {"3/2", "4"}, {"5/4", "7/2"}, {"1", "13/4"}};
  std::vector<KnownProblem> list;
  // Along the second row y1 = 2 + a y2, a = 0.333, the lower level is a parabola in y2.
  const std::string y2 = "(4-2*0.333+0.333*x1+x2)/(0.333^2-4*0.333+5)";
  list.push_back({.id = "B21",
                  .name = "Outrata 1a",
                  .source = "BOLIB Outrata1990Ex1a",
                  .text = {.n = 2,
                           .m = 2,
                           .F = first_F + regular,
                           .f = "(y1^2-4*y1*y2+5*y2^2)/2-x1*y1-x2*y2",
                           .g = rows},
                  .x = {"7031973271605/6816791308642", "31675555277500/10225186962963"},
                  .y = {"~2.597047923876049", "~1.792936708336483"},
                  .F = "-364720269664445/40900747851852",
                  .f = "~-6.13698285113",
                  .forms = {{.y = {"2+0.333*" + y2, y2}, .points = many}}});
  list.push_back(
      {.id = "B23",
       .name = "Outrata 1c",
       .source = "BOLIB Outrata1990Ex1c",
       .text =
           {.n = 2, .m = 2, .F = first_F, .f = "(y1^2+6*y1*y2+10*y2^2)/2-x1*y1-x2*y2", .g = rows},
       .x = {"5.9999937", "58.5000948"},
       .y = {"2/0.667", "2/0.667"},
       .F = "-5338000/444889",
       .remark = "every x that keeps y at this vertex is a solution",
       .forms =
           {{.y = {"2/0.667", "2/0.667"},
             .gradient = {"0", "0"},
             .points = {{"6", "59"}, {"13/2", "60"}, {"6", "117/2"}, {"7", "61"}, {"25/4", "60"}}}},
       .published = {{.where = "BOLIB, y rounded to (3,3)",
                      .F = "-12",
                      .x = {"5.9999937", "58.5000948"},
                      .y = {"3", "3"}}}});
  list.push_back(
      {.id = "B24",
       .name = "Outrata 1d",
       .source = "BOLIB Outrata1990Ex1d",
       .text = {.n = 2,
                .m = 2,
                .F = first_F + regular,
                .f = "(y1^2+6*y1*y2+10*y2^2)/2-x1*y1-x2*y2",
                .g = rows},
       .x = {"2", "0"},
       .y = {"2", "0"},
       .F = "-18/5",
       .f = "-2",
       .flags = {"kink"},
       .slopes = {{{"1", "0"}, "2/5"}, {{"-1", "0"}, "3/5"}, {{"0", "1"}, "0"}},
       .forms = {
           {.y = {"x1", "0"},
            .gradient = {"6*x1/5-3", "x2/5"},
            .points = {{"1", "0"}, {"3/2", "1"}, {"7/4", "-2"}, {"5/4", "3"}, {"5/3", "1/2"}}},
           {.y = {"2", "0"},
            .gradient = {"x1/5", "x2/5"},
            .points = {{"5/2", "0"}, {"3", "1"}, {"9/4", "-2"}, {"4", "3"}, {"7/3", "1/2"}}}}});
  list.push_back(
      {.id = "B25",
       .name = "Outrata 1e",
       .source = "BOLIB Outrata1990Ex1e",
       .text = {.n = 2,
                .m = 2,
                .F = first_F + regular,
                .f = "(y1^2+6*y1*y2+10*y2^2)/2-(2*x2-x1)*y1-(3*x1-3*x2)*y2",
                .g = rows},
       .x = {"-2/5", "4/5"},
       .y = {"2", "0"},
       .F = "-98/25",
       .f = "-2",
       .flags = {"kink"},
       .slopes = {{{"-1", "2"}, "2/5"}, {{"1", "-2"}, "23/5"}, {{"2", "1"}, "0"}},
       .forms = {{.y = {"2*x2-x1", "0"},
                  .gradient = {"6*x1/5-2*x2+3", "-2*x1+21*x2/5-6"},
                  .points =
                      {{"0", "1/2"}, {"-1/2", "1/2"}, {"1/4", "1"}, {"-1", "1/4"}, {"1/3", "2/3"}}},
                 {.y = {"2", "0"},
                  .gradient = {"x1/5", "x2/5"},
                  .points =
                      {{"0", "5/4"}, {"-1", "1"}, {"-1/2", "1"}, {"1/4", "3/2"}, {"-1/3", "4/3"}}}},
       .published = {{.where = "BOLIB, best known", .F = "-3.15"}}});
  const std::string pull = "(y1^2+y2^2)/2-(3+1.333*x)*y1-x*y2";
  list.push_back(
      {.id = "B26",
       .name = "Outrata 2a",
       .source = "BOLIB Outrata1990Ex2a",
       .text = {.n = 1, .m = 2, .F = second_F, .f = pull, .G = {"-x"}, .g = rows},
       .x = {"9.79"},
       .y = {"2/0.667", "2/0.667"},
       .F = "~0.501501498126498",
       .remark = "every large x is a solution",
       .forms = {{.y = {"2/0.667", "2/0.667"},
                  .gradient = {"0"},
                  .points = {{"9"}, {"10"}, {"17/2"}, {"12"}, {"100"}}}},
       .scan = {{"0", "20"}},
       .published = {
           {.where = "BOLIB, y rounded to (3,3)", .F = "0.5", .x = {"9.79"}, .y = {"3", "3"}}}});
  // Both rows hold: y1 = 2 + b y2 (right-hand side r in general), c y1 + y2 = x (r).
  const std::string b = "(0.1*x+0.333)", c = "(0.1*x-0.333)", r = "(2-0.1*x)";
  const std::string vertex = "((x-2*" + c + ")/(1+" + b + "*" + c + "))";
  list.push_back({.id = "B28",
                  .name = "Outrata 2d",
                  .source = "BOLIB Outrata1990Ex2d",
                  .text = {.n = 1,
                           .m = 2,
                           .F = second_F,
                           .f = pull,
                           .g = {c + "*y1+y2-x", "y1-" + b + "*y2-2", "-y1", "-y2"}},
                  .x = {"~2.856343046909138"},
                  .y = {"~3.880745572230558", "~3.040157259255496"},
                  .F = "~0.848505424981827",
                  .f = "~-22.9505568495",
                  .upper = UpperProof::bracket,
                  .forms = {{.y = {"2+" + b + "*" + vertex, vertex},
                             .points = {{"5/2"}, {"11/4"}, {"23/8"}, {"3"}, {"13/4"}}}},
                  .scan = {{"0", "10"}},
                  .published = {{.where = "BOLIB, best known at x = 2.498", .F = "0.92"}}});
  const std::string other = "(" + r + "*(1-" + c + ")/(1+" + b + "*" + c + "))";
  list.push_back({.id = "B30",
                  .name = "Outrata 1993, 3.1",
                  .source = "BOLIB Outrata1993Ex31",
                  .text = {.n = 1,
                           .m = 2,
                           .F = second_F,
                           .f = "((1+0.2*x)*y1^2+(1+0.1*x)*y2^2)/2-(3+1.333*x)*y1-x*y2",
                           .g = {c + "*y1+y2-" + r, "y1-" + b + "*y2-" + r, "-y1", "-y2"}},
                  .x = {"~1.909517968894043"},
                  .y = {"~2.978587865236068", "~2.232151257174404"},
                  .F = "~1.562873828512594",
                  .f = "~-11.6826840593",
                  .upper = UpperProof::bracket,
                  .flags = {"kink"},
                  .slopes = {{{"1"}, "~0.728454"}, {{"-1"}, "~1.38119"}},
                  .forms = {{.y = {r + "+" + b + "*" + other, other},
                             .points = {{"2"}, {"9/4"}, {"5/2"}, {"31/16"}, {"3"}}}},
                  .scan = {{"0", "10"}}});
  return list;
}

}  // namespace assay::reference
