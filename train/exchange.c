#include "train/exchange.h"

#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/ranks.h"

/* Values in a bucket: an eighth of the network, but 256 KiB to 2 MiB on the wire (fp32). Smaller
 * ones cost latency, larger ones leave late and are slower on the way: tests/bench/allreduce.c. */
enum { LEAST_BUCKET = 1 << 16, MOST_BUCKET = 1 << 19, BUCKETS = 8 };

typedef struct Bucket {
    int64_t offset, count;
    int expected, missing; /* parameters that reach into it; those not complete yet */
    Tensor *gradients;     /* its part of the flat vector */
    Tensor *outgoing;      /* its copy that MPI reads */
    Tensor *incoming;      /* where MPI writes; NULL: into the gradients */
    TensorEvent *packed;   /* outgoing is written */
    RanksSum *sum;
} Bucket;

struct Exchange {
    Network *network;
    ExchangePlan plan;
    int64_t total, bucket;       /* values: of the network, and of a bucket at most */
    Tensor *outgoing, *incoming; /* of all buckets */
    Bucket *buckets;
    int count, begun;
    bool armed;
    int parameters;
    bool *complete;    /* of each parameter */
    ErrorReport error; /* of a thread that goes back */
};

static bool is_packed(void *context)
{
    return tensor_event_happened(((const Bucket *)context)->packed);
}

static int begin_bucket(const Exchange *e, Bucket *b)
{
    if (tensor_copy_begin(b->outgoing, b->gradients) != 0)
        return -1;
    b->packed = tensor_event();
    void *own = tensor_address(b->outgoing);
    void *sum = tensor_address(b->incoming ? b->incoming : b->gradients);
    if (error_pending())
        return -1;
    b->sum = ranks_sum_begin(own, sum, (int)b->count, e->plan.bf16 ? RANKS_BF16 : RANKS_FLOAT,
                             b->packed ? is_packed : NULL, b);
    return b->sum ? 0 : -1;
}

/* The buckets that a part of the flat vector reaches into; they are counted from its end. */
static int first_bucket(const Exchange *e, int64_t offset, int64_t count)
{
    return (int)((e->total - offset - count) / e->bucket);
}

static int last_bucket(const Exchange *e, int64_t offset)
{
    return (int)((e->total - 1 - offset) / e->bucket);
}

/* Called from the thread that goes back, whose errors nobody would see. */
static void completed(void *context, int parameter, int64_t offset, int64_t count)
{
    Exchange *e = context;
    if (!e->armed || e->error.code != ERROR_NONE)
        return;
    if (e->complete[parameter])
        error_set(ERROR_TENSOR, "a gradient was completed twice in one exchange");
    e->complete[parameter] = true;
    for (int i = first_bucket(e, offset, count); i <= last_bucket(e, offset); i++)
        e->buckets[i].missing--;
    while (!error_pending() && e->plan.overlap && e->begun < e->count &&
           e->buckets[e->begun].missing == 0)
        begin_bucket(e, &e->buckets[e->begun++]);
    if (error_pending())
        e->error = error_take();
}

static void count_parameters(Exchange *e)
{
    const Graph *g = network_graph(e->network);
    int64_t offset = 0;
    for (int i = 0; i < g->parameter_count; i++) {
        const Parameter *p = &g->parameters[i];
        if (!p->trained)
            continue;
        for (int b = first_bucket(e, offset, p->count); b <= last_bucket(e, offset); b++)
            e->buckets[b].expected++;
        offset += p->count;
        e->parameters++;
    }
    e->complete = memory_array((size_t)e->parameters + 1, sizeof *e->complete);
}

static Tensor *part(Tensor *whole, const Bucket *b)
{
    return whole ? tensor_own(tensor_slice(whole, 0, b->offset, b->count)) : NULL;
}

static void place_buckets(Exchange *e)
{
    e->bucket = e->total / BUCKETS < LEAST_BUCKET  ? LEAST_BUCKET
                : e->total / BUCKETS > MOST_BUCKET ? MOST_BUCKET
                                                   : e->total / BUCKETS;
    e->count = (int)((e->total + e->bucket - 1) / e->bucket);
    e->buckets = memory_array((size_t)e->count, sizeof *e->buckets);
    for (int i = 0; i < e->count; i++) {
        Bucket *b = &e->buckets[i];
        int64_t end = e->total - (int64_t)i * e->bucket;
        b->offset = end > e->bucket ? end - e->bucket : 0;
        b->count = end - b->offset;
        b->gradients = part(network_gradients(e->network), b);
        b->outgoing = part(e->outgoing, b);
        b->incoming = part(e->incoming, b);
    }
}

Exchange *exchange_new(Network *network, const ExchangePlan *plan)
{
    Exchange *e = memory_new(sizeof *e);
    *e = (Exchange){.network = network, .plan = *plan};
    Tensor *gradients = network_gradients(network);
    e->total = tensor_count(gradients);
    bool staged = tensor_data(gradients) == NULL; /* MPI_Iallreduce cannot reach a GPU's memory */
    TensorType type = plan->bf16 ? TENSOR_BF16 : TENSOR_FLOAT;
    e->outgoing = tensor_own(tensor_buffer(e->total, type, staged));
    if (staged || plan->bf16)
        e->incoming = tensor_own(tensor_buffer(e->total, type, staged));
    place_buckets(e);
    count_parameters(e);
    if (!error_pending() && network_watch(network, completed, e) == 0)
        return e;
    exchange_free(e);
    return NULL;
}

void exchange_free(Exchange *e)
{
    if (!e)
        return;
    network_watch(e->network, NULL, NULL);
    for (int i = 0; i < e->count; i++) {
        if (e->buckets[i].sum)
            ranks_abort();
        tensor_free(e->buckets[i].gradients);
        tensor_free(e->buckets[i].outgoing);
        tensor_free(e->buckets[i].incoming);
    }
    tensor_free(e->outgoing);
    tensor_free(e->incoming);
    free(e->buckets);
    free(e->complete);
    free(e);
}

void exchange_arm(Exchange *e)
{
    if (!e)
        return;
    for (int i = 0; i < e->count; i++)
        e->buckets[i].missing = e->buckets[i].expected;
    for (int i = 0; i < e->parameters; i++)
        e->complete[i] = false;
    e->error = (ErrorReport){0};
    e->begun = 0;
    e->armed = true;
}

static int end_bucket(Bucket *b)
{
    int result = ranks_sum_end(b->sum);
    b->sum = NULL;
    tensor_event_free(b->packed);
    b->packed = NULL;
    return result == 0 && b->incoming ? tensor_copy(b->gradients, b->incoming) : result;
}

int exchange_finish(Exchange *e)
{
    if (!e)
        return error_pending() ? -1 : 0;
    e->armed = false;
    if (e->error.code != ERROR_NONE)
        error_adopt(&e->error);
    int result = error_pending() ? -1 : 0;
    while (result == 0 && e->begun < e->count)
        result = begin_bucket(e, &e->buckets[e->begun++]);
    for (int i = 0; i < e->count && result == 0; i++)
        result = end_bucket(&e->buckets[i]);
    return result;
}
