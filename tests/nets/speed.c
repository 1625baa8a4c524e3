#include "nets/speed.h"

#include "core/error.h"
#include "nets/srvgg.h"
#include "tests/unit.h"

static Graph *small(void)
{
    SrvggConfig config = {.features = 16, .convs = 2};
    return SRVGG.build(&config, 2);
}

TEST(the_speeds_of_layers_are_parts_of_the_whole_networks)
{
    Graph *g = small();
    SpeedForm form = {PRECISION_FP32, 2, 24, 20};
    Speed s;
    CHECK(speed_measure(g, &form, &s) == 0);
    double alone = 0, training = 0;
    for (int i = 0; i < g->count; i++) {
        const NodeSpeed *n = &s.nodes[i];
        alone += n->alone;
        training += n->forward + n->back;
        if (g->nodes[i]->operation == OPERATION_CONV)
            CHECK(n->alone > 0 && n->forward > 0 && n->back > 0 && *n->method);
    }
    CHECK(alone > 0 && alone <= s.alone);
    CHECK(training > 0 && training <= s.training);
    CHECK(s.peak > 1e8);
    speed_free(&s);
    graph_free(g);
    CHECK_NO_ERROR();
}

TEST(a_picture_too_small_for_a_network_has_no_speed)
{
    Graph *g = small();
    SpeedForm form = {PRECISION_FP32, 1, 0, 8};
    Speed s;
    CHECK(speed_measure(g, &form, &s) == -1);
    CHECK(error_pending());
    error_clear();
    speed_free(&s);
    graph_free(g);
}
