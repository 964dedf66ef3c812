/* SPDX-License-Identifier: MIT */
/*
 * The front door of analysis/, and the order in which an exchange is worked on: inspect, tell,
 * judge, learn, hear what waited for it, settle. Rules are asked in the order of the list; findings
 * of one exchange are told in that order, when its last accusation has been closed.
 */

#include "analysis/analysis.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/accusations.h"
#include "analysis/ledger.h"
#include "analysis/message.h"
#include "analysis/model.h"
#include "analysis/rules.h"
#include "analysis/rules_after_304.h"
#include "analysis/whatif.h"
#include "base/alloc.h"
#include "base/attributes.h"

#define NS_PER_S INT64_C(1000000000)

struct tally_of_rule {
    uint64_t fired, withheld[GUARDS];
};

/* The enabled rules that are asked about one kind of exchange, in their order, so that the others
 * are not even looked at. */
struct docket {
    unsigned n;
    struct {
        enum judgement (*judge)(const struct evidence *e, struct verdict *v);
        uint32_t index;
    } rules[RULES_MOST];
};

struct analysis {
    struct analysis_options options;
    struct analysis_sink sink;
    struct model model;
    struct accusations *accusations;
    struct whatif *whatif;
    uint64_t exchanges;
    int64_t clock_ns; /* the latest finished_ns */
    uint64_t accusations_dropped;

    unsigned n_rules;
    const struct rule *rules[RULES_MOST];
    struct docket dockets[SUBJECTS];
    uint64_t passed[RULES_MOST]; /* which most do: close together */
    struct tally_of_rule checks[RULES_MOST];

    struct accused *draft; /* the exchange in hand; room for LIMIT_ACCUSATIONS */
    /* its accusation that the client's next request decides; see await_refetch() */
    bool may_be_refetched;
    unsigned refetch_index; /* of the rule */
    struct verdict refetch;
};

struct analysis_options analysis_options_default(void)
{
    return (struct analysis_options){
        .thresholds = thresholds_default(),
        .client_key = CLIENT_AUTO,
        .window_ns = INT64_C(3600000000000),
    };
}

/* ---- settling ---- */

static enum saving saving_of(const struct ledger_claim *claim)
{
    if (claim->standalone == 0 || claim->claim.waived)
        return SAVES_NOTHING;
    return claim->claim.kind == CLAIM_ELIMINATE ? SAVES_ROUND_TRIP : SAVES_OCTETS;
}

/* The heads of an accused exchange; absent where they are not kept. */
struct heads {
    struct slice request, response;
};

static void tell(struct analysis *a, const struct accused *x, const struct heads *heads,
                 const struct accusation *n, const struct ledger_claim *claim)
{
    const struct verdict *v = n->verdict;
    struct finding finding = {
        .rule = &n->rule->card,
        .variant = v->variant,
        .severity = v->severity,
        .confidence = v->confidence,
        .norm = v->norm,
        .party = v->party,
        .section = v->section,
        .exchange_id = x->exchange_id,
        .reference_exchange_id = n->reference_exchange_id,
        .found_ns = x->found_ns,
        .message = n->message,
        .form = v->message,
        .avoidable_bytes = claim->avoidable,
        .opportunity_bytes = claim->opportunity,
        .standalone_bytes = claim->standalone,
        .saves = saving_of(claim),
        .is_opportunity = n->rule->account == ACCOUNT_OPPORTUNITY,
        .request_head = heads->request,
        .response_head = heads->response,
    };
    const struct representation *r = n->reference;
    if (r && r->first.exchange_id == n->reference_exchange_id) {
        finding.reference_request_head = representation_request_head(r);
        finding.reference_response_head = r->head.bytes;
    }
    a->sink.finding(a->sink.context, &finding);
}

/* What was presumed, and closed before an excuse had time to come, is only possible. */
static void be_patient(const struct analysis *a, const struct accused *x, struct accusation *n)
{
    int64_t patience_ns = a->model.thresholds.patience_s * NS_PER_S;
    if (n->presumed && a->clock_ns - x->found_ns < patience_ns)
        n->verdict->confidence = CONFIDENCE_POSSIBLE;
}

/* Every accusation is closed: the ledger speaks, then the findings. */
static void settle(struct analysis *a, struct accused *x, const struct heads *heads)
{
    struct ledger_claim claims[LIMIT_ACCUSATIONS];
    const struct accusation *standing[LIMIT_ACCUSATIONS];
    unsigned n = 0;
    for (unsigned i = 0; i < x->n_accusations; i++) {
        struct accusation *accusation = &x->accusations[i];
        assert(accusation->state == ACCUSATION_CLOSED);
        struct tally_of_rule *check = &a->checks[accusation->index];
        if (accusation->verdict_is_counted) /* by count: not yet counted as fired or passed */
            accusation->stands ? check->fired++ : a->passed[accusation->index]++;
        if (!accusation->stands)
            continue;
        be_patient(a, x, accusation);
        claims[n] =
            (struct ledger_claim){.rule = accusation->rule, .claim = accusation->verdict->claim};
        standing[n++] = accusation;
    }
    ledger_settle(x->observed, x->size_of_304.octets, claims, n);
    for (unsigned i = 0; i < n; i++)
        tell(a, x, heads, standing[i], &claims[i]);
}

static void on_settle(void *context, struct accused *x)
{
    struct analysis *a = context;
    struct heads heads = {SLICE_ABSENT, SLICE_ABSENT};
    if (x->kept)
        heads = (struct heads){kept_request_head(x->kept), kept_response_head(x->kept)};
    settle(a, x, &heads);
    if (a->sink.waits)
        a->sink.waits(a->sink.context, x->exchange_id, false);
    accused_free(x, a->model.store, a->model.legs);
}

/* ---- judging ---- */

/* Writes a verdict down: its message, and what it refers to. */
static void record(struct accusation *n, const struct verdict *v, struct arena *arena,
                   const struct size_estimate *size_of_304)
{
    n->verdict = arena_alloc(arena, sizeof *n->verdict);
    *n->verdict = *v;
    settle_severity(n->verdict);
    n->message = message_compose(v, size_of_304, arena);
    n->reference_exchange_id = v->reference_exchange_id;
    if (!v->reference)
        return;
    struct representation *r = v->reference->representation;
    /* Equal responses share a representation: the one whose head is kept stands for the others,
     * unless the client's own is meant. */
    n->reference_exchange_id = v->reference->at.exchange_id;
    n->reference = r;
}

/* The references of a 304 are given by the exchange whose head is kept, where that one will do. */
static void cite(struct accusation *n, const struct references *refs, int64_t t_req0)
{
    const struct reference *r = n->verdict->reference;
    if (r == &refs->before && r->representation->first.t_rsp1 <= t_req0)
        n->reference_exchange_id = r->representation->first.exchange_id;
}

static struct accusation *draft_add(struct analysis *a, const struct inspection *n, unsigned index)
{
    struct accused *x = a->draft;
    if (x->n_accusations == 0)
        x->size_of_304 = model_size_of_304(n);
    if (x->n_accusations == LIMIT_ACCUSATIONS) {
        a->accusations_dropped++;
        return NULL;
    }
    struct accusation *accusation = &x->accusations[x->n_accusations++];
    *accusation = (struct accusation){.rule = a->rules[index], .index = index};
    return accusation;
}

static enum subject subject_of(const struct exchange *x)
{
    switch (x->status) {
    case 304:
        return SUBJECT_304;
    case 200:
        return SUBJECT_200;
    case 206:
        return SUBJECT_206;
    case 301:
    case 308:
        return SUBJECT_REDIRECT;
    default:
        return SUBJECT_REST;
    }
}

static struct docket *docket_of(struct analysis *a, enum subject subject)
{
    return &a->dockets[__builtin_ctz(subject)];
}

/* What most rules do not say of most exchanges. */
static void hear(struct analysis *a, struct inspection *n, unsigned index, enum judgement judgement,
                 const struct verdict *verdict)
{
    struct accusation *accusation;
    struct verdict v = *verdict;
    switch (judgement) {
    case NOT_APPLICABLE:
    case PASSED:
        return;
    case WITHHELD:
        a->checks[index].withheld[v.guard]++;
        return;
    case FIRED:
        accusation = draft_add(a, n, index);
        if (!accusation)
            return;
        a->checks[index].fired++;
        accusation->stands = true;
        record(accusation, &v, &a->model.scratch, &a->draft->size_of_304);
        cite(accusation, &n->evidence.refs, n->facts.t_req0);
        return;
    case WAITS:
        if (v.waits == WAIT_FOR_COUNT && v.counted == COUNTED_REFETCH) {
            a->may_be_refetched = true;
            a->refetch_index = index;
            a->refetch = v;
            return;
        }
        accusation = draft_add(a, n, index);
        if (!accusation)
            return;
        accusation->waits = v.waits;
        accusation->state = v.waits == WAIT_FOR_COUNT ? ACCUSATION_COUNTED : ACCUSATION_UNJUDGED;
        if (v.waits == WAIT_FOR_COUNT) {
            record(accusation, &v, &a->model.scratch, &a->draft->size_of_304);
            accusation->verdict_is_counted = true;
            accusation->presumed = v.presumed;
        }
        return;
    }
}

static void judge_all(struct analysis *a, struct inspection *n)
{
    const struct exchange *x = n->facts.x;
    struct accused *draft = a->draft;
    draft->n_accusations = 0;
    a->may_be_refetched = false;
    draft->exchange_id = n->evidence.id;
    draft->found_ns = x->finished_ns;
    draft->observed[REQUEST_HEADER] = x->request.header_bytes;
    draft->observed[REQUEST_BODY] = x->request.body_bytes;
    draft->observed[RESPONSE_HEADER] = x->response.header_bytes;
    draft->observed[RESPONSE_BODY] = x->response.body_bytes;
    draft->size_of_304 = (struct size_estimate){0};
    const struct docket *docket = docket_of(a, subject_of(x));
    for (unsigned i = 0; i < docket->n; i++) {
        struct verdict v;
        unsigned index = docket->rules[i].index;
        enum judgement judgement = docket->rules[i].judge(&n->evidence, &v);
        if (judgement == PASSED)
            a->passed[index]++;
        else if (judgement != NOT_APPLICABLE)
            hear(a, n, index, judgement, &v);
    }
}

static bool waits_for_judgement(const struct accused *x)
{
    for (unsigned i = 0; i < x->n_accusations; i++)
        if (x->accusations[i].state == ACCUSATION_UNJUDGED)
            return true;
    return false;
}

/* Nothing to hold it against was ever seen: what needs a reference is withheld without more ado. */
static void close_without_reference(struct analysis *a, struct accused *x)
{
    if (!x->is_unheld || x->has_after)
        return;
    const struct resource *resource = store_find_resource(a->model.store, x->url_key);
    if (resource && resource->n_representations)
        return;
    for (unsigned i = 0; i < x->n_accusations; i++) {
        struct accusation *accusation = &x->accusations[i];
        if (accusation->state != ACCUSATION_UNJUDGED || accusation->waits != WAIT_FOR_REFERENCE)
            continue;
        accusation->state = ACCUSATION_CLOSED;
        a->checks[accusation->index].withheld[GUARD_NO_REFERENCE]++;
    }
}

static void on_judge(void *context, struct accused *x)
{
    struct analysis *a = context;
    struct inspection n;
    close_without_reference(a, x);
    if (!waits_for_judgement(x))
        return;
    model_inspect_again(&a->model, x, a->clock_ns, true, &n);
    for (unsigned i = 0; i < x->n_accusations; i++) {
        struct accusation *accusation = &x->accusations[i];
        if (accusation->state != ACCUSATION_UNJUDGED)
            continue;
        struct verdict v;
        struct tally_of_rule *check = &a->checks[accusation->index];
        accusation->state = ACCUSATION_CLOSED;
        switch (accusation->rule->judge(&n.evidence, &v)) {
        case FIRED:
            check->fired++;
            accusation->stands = true;
            if (accusation->reference) /* of the verdict when it was counted */
                representation_drop(a->model.store, accusation->reference);
            accusation->reference = NULL;
            record(accusation, &v, &x->arena, &x->size_of_304);
            cite(accusation, &n.evidence.refs, n.facts.t_req0);
            if (accusation->reference)
                representation_take(accusation->reference);
            break;
        case WITHHELD:
            check->withheld[v.guard]++;
            break;
        default: /* a rule may not wait twice */
            a->passed[accusation->index]++;
            break;
        }
    }
}

/* The reference that it waited for has come: what is innocent by it need not wait for losses. */
static void on_reconsider(void *context, struct accused *x)
{
    struct analysis *a = context;
    struct inspection n;
    if (!accused_waits_for(x, WAIT_FOR_REFERENCE))
        return;
    model_inspect_again(&a->model, x, a->clock_ns, false, &n);
    for (unsigned i = 0; i < x->n_accusations; i++) {
        struct accusation *accusation = &x->accusations[i];
        struct verdict v;
        if (accusation->state != ACCUSATION_UNJUDGED || accusation->waits != WAIT_FOR_REFERENCE ||
            accusation->rule->judge(&n.evidence, &v) != PASSED)
            continue;
        accusation->state = ACCUSATION_CLOSED;
        a->passed[accusation->index]++;
    }
}

/* ---- waiting ---- */

static struct tally *tally_of(struct inspection *n, enum counted counted)
{
    switch (counted) {
    case COUNTED_RUN:
    case COUNTED_IGNORED:
    case COUNTED_REFETCH:
        return n->holding ? &n->holding->tally : NULL;
    case COUNTED_PACE:
        return &n->resource->changing.tally;
    case COUNTED_BUSTING:
        return n->buster ? &n->buster->tally : NULL;
    case COUNTED_ERRORS:
        return n->receipt ? &n->receipt->errors : NULL;
    case COUNTED_CUTS:
        return n->receipt ? &n->receipt->cuts : NULL;
    }
    return NULL;
}

/* Its heads prove nothing that many others do not: what waits for a count keeps few of them. */
static bool keeps_heads(const struct accused *x, struct inspection *n)
{
    if (waits_for_judgement(x))
        return true;
    for (unsigned i = 0; i < x->n_accusations; i++) {
        const struct accusation *accusation = &x->accusations[i];
        if (accusation->state != ACCUSATION_COUNTED || accusation->verdict->ripens)
            return true;
        const struct tally *tally = tally_of(n, accusation->verdict->counted);
        if (tally && tally->waiting < LIMIT_HEADS_FOR_COUNT)
            return true;
    }
    return false;
}

static struct accused *put_away(struct analysis *a, struct inspection *n)
{
    struct accused *draft = a->draft;
    const struct evidence *e = &n->evidence;
    struct dossier dossier = model_dossier(&a->model, n, a->clock_ns);
    draft->t_rsp1 = n->facts.t_rsp1;
    draft->key = e->key;
    draft->responder = n->facts.response.responder;
    draft->outer = n->meeting.outer;
    draft->is_unheld = !e->refs.before.representation;
    draft->has_after = e->refs.after.representation != NULL;
    return accused_put_away(draft, &dossier, n->url.key, keeps_heads(draft, n) ? e->x : NULL);
}

static bool has_open(const struct accused *x)
{
    for (unsigned i = 0; i < x->n_accusations; i++)
        if (x->accusations[i].state != ACCUSATION_CLOSED)
            return true;
    return false;
}

/* Does anything claim octets of the exchange, or may yet? */
static bool claims_nothing(const struct accused *x)
{
    for (unsigned i = 0; i < x->n_accusations; i++)
        if (x->accusations[i].rule->order)
            return false;
    return true;
}

/* What a 304 may yet be accused of, if the client fetches the whole right after it. Nearly never it
 * does; so a 304 that nobody else claims anything of is not kept for it: the model remembers its
 * size. Else it waits, so that all claims on it are settled in their order. */
static void await_refetch(struct analysis *a, struct inspection *n)
{
    struct after_304 *after = n->holding ? n->holding->after : NULL;
    if (!a->may_be_refetched || !after || after->exchange_id != n->evidence.id)
        return;
    if (claims_nothing(a->draft) && a->draft->observed[REQUEST_BODY] == 0 &&
        a->draft->observed[RESPONSE_BODY] == 0) {
        after->may_be_claimed = true;
        after->confidence = (uint8_t)a->refetch.confidence;
        a->passed[a->refetch_index]++; /* until it is accused */
        return;
    }
    struct accusation *accusation = draft_add(a, n, a->refetch_index);
    if (!accusation)
        return;
    accusation->state = ACCUSATION_COUNTED;
    accusation->waits = WAIT_FOR_COUNT;
    accusation->verdict_is_counted = true;
    record(accusation, &a->refetch, &a->model.scratch, &a->draft->size_of_304);
}

static void wait_or_settle(struct analysis *a, struct inspection *n)
{
    struct accused *draft = a->draft;
    await_refetch(a, n);
    if (draft->n_accusations == 0)
        return;
    if (!has_open(draft)) {
        const struct exchange *x = n->facts.x;
        settle(a, draft, &(struct heads){x->request.head.bytes, x->response.head.bytes});
        return;
    }
    struct accused *kept = put_away(a, n);
    if (a->sink.waits)
        a->sink.waits(a->sink.context, kept->exchange_id, true);
    for (unsigned i = 0; i < kept->n_accusations; i++) {
        struct accusation *accusation = &kept->accusations[i];
        if (accusation->state != ACCUSATION_COUNTED)
            continue;
        struct tally *tally = tally_of(n, accusation->verdict->counted);
        assert(tally);
        tally_add(a->accusations, tally, accusation);
    }
    accusations_add(a->accusations, kept, n->resource, a->clock_ns);
}

/* ---- what waited for this exchange ---- */

static bool is_of_count(const void *context, const struct accusation *accusation)
{
    const enum counted *counted = context;
    return accusation->verdict->counted == *counted;
}

static void confirm(struct analysis *a, struct tally *tally, enum counted counted)
{
    tally_confirm(a->accusations, tally, is_of_count, &counted, a->clock_ns);
}

struct pace_now {
    const struct thresholds *thresholds;
    struct pace pace;
};

static bool pace_confirms(const void *context, const struct accusation *accusation)
{
    const struct pace_now *now = context;
    return pace_is_short(now->thresholds, &now->pace, accusation->verdict->lifetime_s,
                         accusation->verdict->distance_s);
}

static void hear_counts(struct analysis *a, struct inspection *n)
{
    const struct thresholds *t = &a->model.thresholds;
    const struct evidence *e = &n->evidence;
    if (n->holding && n->holding->tally.first && n->facts.x->status == 200 &&
        n->holding->run >= t->no_store_min &&
        n->facts.t_rsp0 - n->holding->run_from_ns >= t->no_store_span_s * INT64_C(1000000000))
        confirm(a, &n->holding->tally, COUNTED_RUN);
    if (n->holding && n->holding->tally.first && n->holding->after &&
        n->holding->after->ignored >= t->update_ignored_min)
        confirm(a, &n->holding->tally, COUNTED_IGNORED);
    if (n->resource->changing.tally.first) {
        struct pace_now now = {t, e->pace};
        tally_confirm(a->accusations, &n->resource->changing.tally, pace_confirms, &now,
                      a->clock_ns);
    }
    if (n->buster && n->buster->values >= t->cache_buster_min)
        confirm(a, &n->buster->tally, COUNTED_BUSTING);
    else if (n->buster && n->buster->values == 1)
        tally_drop(a->accusations, &n->buster->tally);
}

/* Another answer excuses who polled for it; one for the rest of a cut transfer, who cut it. */
static void hear_receipt(struct analysis *a, struct inspection *n)
{
    struct receipt *r = n->receipt;
    if (n->resumes && r->cuts.first)
        tally_withdraw(a->accusations, &r->cuts);
    if (n->answers_otherwise && r->errors.first)
        tally_withdraw(a->accusations, &r->errors);
    else if (r->answer.run >= a->model.thresholds.negative_min)
        tally_presume(&r->errors);
}

/* The 304 that was not kept: made anew of what the model remembers, and settled at once. */
static void accuse_forgotten(struct analysis *a, const struct after_304 *after)
{
    struct accused *x = accused_new(1);
    struct accusation *accusation = &x->accusations[0];
    struct verdict v;
    x->exchange_id = after->exchange_id;
    x->found_ns = after->found_ns;
    x->observed[REQUEST_HEADER] = after->request_octets;
    x->observed[RESPONSE_HEADER] = after->response_octets;
    accusation->rule = a->rules[a->refetch_index];
    accusation->index = a->refetch_index;
    accusation->stands = true;
    accuse_304_before_refetch(&v, (enum confidence)after->confidence);
    record(accusation, &v, &x->arena, &x->size_of_304);
    a->passed[a->refetch_index]--;
    a->checks[a->refetch_index].fired++;
    on_settle(a, x);
}

/* What the client does next decides about the 304 before. */
static void hear_next_request(struct analysis *a, struct inspection *n)
{
    enum counted counted = COUNTED_REFETCH;
    const struct after_304 *after = n->evidence.held.after;
    if (!after || !n->holding)
        return;
    bool is_refetch = is_refetch_after_304(&n->evidence);
    if (is_refetch && after->may_be_claimed)
        accuse_forgotten(a, after);
    if (n->holding->tally.first && is_refetch)
        confirm(a, &n->holding->tally, counted);
    else if (n->holding->tally.first)
        tally_reject(a->accusations, &n->holding->tally, is_of_count, &counted);
}

/* A 200 was shown: is it what 304s of the URL wait for? Those beyond the limit find it when they
 * are closed. */
static void hear_reference(struct analysis *a, struct inspection *n)
{
    unsigned looked_at = 0;
    assert(n->resource);
    for (struct accused *x = n->resource->waiting_first, *newer;
         x && looked_at++ < LIMIT_REFERENCE_SEARCH; x = newer) {
        newer = x->newer_of_url;
        struct reference found;
        if (!model_is_reference(&a->model, x, n->shown, &found))
            continue;
        struct reference *after = &accused_news(x)->after;
        representation_take(found.representation);
        if (after->representation)
            representation_drop(a->model.store, after->representation);
        *after = found;
        x->has_after = true;
        accusations_ripen(a->accusations, x, a->clock_ns);
    }
}

/* A plain answer was seen: is it what 304s of the URL wait for? Those that wait for a 200 too stay
 * in their place. */
static void hear_status(struct analysis *a, struct inspection *n)
{
    const struct base_status *base = &n->resource->base;
    unsigned looked_at = 0;
    for (struct accused *x = n->resource->waiting_first, *newer;
         x && looked_at++ < LIMIT_REFERENCE_SEARCH; x = newer) {
        newer = x->newer_of_url;
        if ((x->news && x->news->status.exchange_id) || base->t_req0 < x->t_rsp1 ||
            !accused_waits_for(x, WAIT_FOR_STATUS))
            continue;
        accused_news(x)->status = *base;
        if (!accused_waits_for(x, WAIT_FOR_REFERENCE))
            accusations_ripen(a->accusations, x, a->clock_ns);
    }
}

/* ---- the front door ---- */

static void on_forget_resource(void *context, struct resource *resource)
{
    struct analysis *a = context;
    accusations_forget(a->accusations, resource);
}

static void on_forget_tally(void *context, struct tally *tally)
{
    struct analysis *a = context;
    tally_drop(a->accusations, tally);
}

static void on_pair(void *context, uint64_t inner_id, uint64_t outer_id)
{
    struct analysis *a = context;
    whatif_pair(a->whatif, inner_id, outer_id);
    a->sink.pair(a->sink.context, inner_id, outer_id);
}

/* The default caps take about this much memory; another sum scales them. */
#define DEFAULT_MEMORY (UINT64_C(256) << 20)

static uint32_t scale_of(uint64_t memory)
{
    if (memory == 0)
        return 256;
    uint64_t scale = memory * 256 / DEFAULT_MEMORY;
    return scale < 1 ? 1 : scale > 65536 ? 65536 : (uint32_t)scale;
}

static void put_on_dockets(struct analysis *a, unsigned index)
{
    const struct rule *rule = a->rules[index];
    for (unsigned subject = 1; subject <= SUBJECT_ERRAND; subject *= 2) {
        if (!(rule->subjects & subject))
            continue;
        struct docket *docket = docket_of(a, subject);
        docket->rules[docket->n].judge = rule->judge;
        docket->rules[docket->n++].index = index;
    }
}

struct analysis *analysis_new(const struct analysis_options *options,
                              const struct analysis_sink *sink)
{
    struct analysis *a = xcalloc(1, sizeof *a);
    uint32_t scale = scale_of(options->memory);
    a->options = *options;
    a->sink = *sink;
    a->clock_ns = NEVER;
    a->exchanges = options->exchanges_before;
    model_init(&a->model, options, &(struct store_hooks){a, on_forget_resource, on_forget_tally},
               &(struct legs_hooks){a, on_pair}, scale);
    a->accusations =
        accusations_new(&(struct accusation_hooks){a, on_judge, on_reconsider, on_settle},
                        options->window_ns, scale);
    a->whatif = whatif_new(scale);
    a->n_rules = rules_count();
    for (unsigned i = 0; i < a->n_rules; i++) {
        a->rules[i] = rule_at(i);
        if (!options->rule_enabled ||
            options->rule_enabled(options->rule_context, &a->rules[i]->card))
            put_on_dockets(a, i);
    }
    a->draft = xcalloc(1, sizeof *a->draft + LIMIT_ACCUSATIONS * sizeof a->draft->accusations[0]);
    return a;
}

/* The host as it was asked for, port and all: the Host field, else the authority of an absolute
 * target. (The URL has the normalised one.) */
static struct slice host_asked_for(const struct exchange *x, const struct url *url)
{
    struct slice host = slice_trim(head_first(&x->request.head, FIELD_HOST));
    if (host.len || url->form != URL_ABSOLUTE)
        return host;
    return url->authority;
}

static void tell_exchange(struct analysis *a, const struct inspection *n)
{
    const struct facts *facts = &n->facts;
    struct freshness f;
    struct assessed assessed = {
        .id = n->evidence.id,
        .exchange = facts->x,
        .client_key = n->evidence.client.key,
        .forwarded_for = n->evidence.client.forwarded_for,
        .scheme = n->url.scheme,
        .host = host_asked_for(facts->x, &n->url),
        .url = n->url.key,
        .url_pattern = n->resource ? n->resource->pattern : SLICE_ABSENT,
        .outcome = model_outcome(n),
        .is_conditional = facts->request.is_conditional,
        .lifetime_s = ABSENT_NUMBER,
        .age_s = ABSENT_NUMBER,
    };
    if (facts->t_rsp0 && facts->response_head_whole) {
        freshness_of(&f, facts);
        assessed.lifetime_s = freshness_explicit(&f, PRIVATE_CACHE);
        if (facts->response.age_state == AGE_VALID || f.date != NO_DATE) {
            int64_t apparent = f.date == NO_DATE ? 0 : facts->t_rsp0 / 1000000000 - f.date;
            int64_t age = facts->response.age_state == AGE_VALID ? facts->response.age : 0;
            assessed.age_s = apparent > age ? apparent : age;
        }
    }
    a->sink.exchange(a->sink.context, &assessed);
}

void analysis_exchange(struct analysis *analysis, struct exchange *exchange)
{
    struct analysis *a = analysis;
    if (exchange->finished_ns > a->clock_ns)
        a->clock_ns = exchange->finished_ns;
    accusations_expire(a->accusations, a->clock_ns);

    struct inspection n;
    model_inspect(&a->model, exchange, ++a->exchanges, &n);
    tell_exchange(a, &n);
    judge_all(a, &n);
    errand_note(a->model.errands, exchange, n.evidence.id);
    model_learn(&a->model, &n);
    whatif_exchange(a->whatif, &n);
    if (n.resource) {
        hear_next_request(a, &n);
        hear_counts(a, &n);
    }
    if (n.told_base)
        hear_status(a, &n);
    if (n.receipt)
        hear_receipt(a, &n);
    if (n.shown)
        hear_reference(a, &n);
    wait_or_settle(a, &n);
    exchange_free(exchange);
    model_release(&a->model, &n);
    store_trim(a->model.store);
}

/* What a rule says of a connection accuses its first exchange, which was settled long ago: it may
 * claim nothing. */
static void tell_errand(struct analysis *a, const struct errand *errand, unsigned index,
                        const struct verdict *v)
{
    const struct ledger_claim nothing = {.rule = a->rules[index]};
    const struct accused accused = {.exchange_id = errand->exchange_id,
                                    .found_ns = errand->found_ns};
    struct accusation accusation = {.rule = a->rules[index], .index = index};
    assert(a->rules[index]->account == ACCOUNT_NONE);
    arena_reset(&a->model.scratch);
    record(&accusation, v, &a->model.scratch, &(struct size_estimate){0});
    tell(a, &accused, &(struct heads){SLICE_ABSENT, SLICE_ABSENT}, &accusation, &nothing);
}

static void judge_errand(struct analysis *a, const struct evidence *e, unsigned index)
{
    struct verdict v;
    struct tally_of_rule *check = &a->checks[index];
    switch (a->rules[index]->judge(e, &v)) {
    case FIRED:
        check->fired++;
        tell_errand(a, e->errand, index, &v);
        break;
    case WITHHELD:
        check->withheld[v.guard]++;
        break;
    case PASSED:
        a->passed[index]++;
        break;
    default: /* there is nothing to wait for */
        break;
    }
}

void analysis_connection(struct analysis *analysis, const struct connection *connection)
{
    struct analysis *a = analysis;
    struct errand errand;
    if (!errand_take(a->model.errands, connection->facts.id, &errand))
        return;
    const struct evidence evidence = {
        .errand = &errand,
        .connection = connection,
        .thresholds = &a->model.thresholds,
    };
    const struct docket *docket = docket_of(a, SUBJECT_ERRAND);
    for (unsigned i = 0; i < docket->n; i++)
        judge_errand(a, &evidence, docket->rules[i].index);
}

void analysis_asked(struct analysis *analysis, const struct asked *asked)
{
    legs_asked(analysis->model.legs, &asked->server);
}

void analysis_loss(struct analysis *analysis, const struct loss *loss)
{
    if (loss->until_ns > analysis->clock_ns)
        analysis->clock_ns = loss->until_ns; /* so late it is */
    struct server *server = server_of(analysis->model.servers, &loss->server, analysis->clock_ns);
    server_add_loss(server, loss->from_ns, loss->until_ns);
    server_add_loss(server_anywhere(analysis->model.servers), loss->from_ns, loss->until_ns);
}

void analysis_checks(const struct analysis *analysis,
                     void (*each)(void *context, const struct check *check), void *context)
{
    for (unsigned i = 0; i < analysis->n_rules; i++) {
        const struct tally_of_rule *c = &analysis->checks[i];
        struct check check = {.rule = &analysis->rules[i]->card, .outcome = CHECK_PASSED};
        check.exchanges = analysis->passed[i];
        if (check.exchanges)
            each(context, &check);
        check.outcome = CHECK_FIRED;
        check.exchanges = c->fired;
        if (check.exchanges)
            each(context, &check);
        check.outcome = CHECK_WITHHELD;
        for (unsigned g = 0; g < GUARDS; g++) {
            check.guard = guard_word((enum guard)g);
            check.exchanges = c->withheld[g];
            if (check.exchanges)
                each(context, &check);
        }
    }
}

void analysis_finish(struct analysis *analysis)
{
    accusations_finish(analysis->accusations);
    analysis_checks(analysis, analysis->sink.check, analysis->sink.context);
    whatif_finish(analysis->whatif, analysis->sink.what_if, analysis->sink.context);
}

void analysis_counters(const struct analysis *analysis,
                       void (*each)(void *context, const char *name, const char *text, bool is_cap,
                                    uint64_t value),
                       void *context)
{
    enum {
#define COUNT_ROW(name, word, text) NOTE_##name,
#include "analysis/counts.def"
#undef COUNT_ROW
        NOTES
    };
    static const struct {
        const char *word, *text;
    } rows[NOTES] = {
#define COUNT_ROW(name, word, text) [NOTE_##name] = {word, text},
#include "analysis/counts.def"
#undef COUNT_ROW
    };
    struct store_counts store = store_counts(analysis->model.store);
    struct server_counts servers = server_table_counts(analysis->model.servers);
    struct client_counts clients = client_table_counts(analysis->model.clients);
    struct legs_counts legs = legs_counts(analysis->model.legs);
    struct accusation_counts waiting = accusation_counts(analysis->accusations);
    const uint64_t values[NOTES] = {
        [NOTE_RESOURCES] = store.resources_evicted,
        [NOTE_REPRESENTATIONS] = store.representations_evicted,
        [NOTE_HOLDINGS] = store.holdings_evicted,
        [NOTE_PROOFS] = store.clients_evicted,
        [NOTE_BUSTERS] = store.busters_evicted,
        [NOTE_RECEIPTS] = receipt_table_evicted(analysis->model.receipts),
        [NOTE_RANGES] = analysis->model.ranges_forgotten,
        [NOTE_COPIES] = copy_table_evicted(analysis->model.copies),
        [NOTE_ERRANDS] = errand_table_evicted(analysis->model.errands),
        [NOTE_RELOADERS] = reload_table_evicted(analysis->model.reloads),
        [NOTE_SERVERS] = servers.servers_evicted,
        [NOTE_HABITS] = servers.habits_evicted + servers.families_evicted,
        [NOTE_ADDRESSES] = clients.addresses_evicted,
        [NOTE_HOSTS] = clients.hosts_evicted,
        [NOTE_SHELVES] = legs.shelves_evicted,
        [NOTE_PROXIES] = legs.proxies_missed,
        [NOTE_WAITING] = waiting.pushed_out,
        [NOTE_UNHELD] = waiting.unheld_pushed_out,
        [NOTE_BRIEF] = waiting.brief_pushed_out,
        [NOTE_TALLIES] = waiting.tallies_full,
        [NOTE_PAIRS_LATE] = whatif_pairs_late(analysis->whatif),
        [NOTE_ACCUSATIONS] = analysis->accusations_dropped,
    };
    for (unsigned i = 0; i < NOTES; i++)
        if (values[i])
            each(context, rows[i].word, rows[i].text, true, values[i]);
}

void analysis_free(struct analysis *analysis)
{
    if (!analysis)
        return;
    accusations_finish(analysis->accusations); /* where nobody called analysis_finish() */
    accusations_free(analysis->accusations);
    model_fini(&analysis->model);
    whatif_free(analysis->whatif);
    free(analysis->draft);
    free(analysis);
}
