/* SPDX-License-Identifier: MIT */
/*
 * Plays the transcripts of tests/exchanges and holds what analysis says against what they say is
 * due: as a capture file through all of the front doors, then over spoilt wires. Packets cut anew,
 * reordered, sent again or seen twice must not change a finding; lost ones may take findings away
 * and weaken them, and may never add an error (house.md: a lossy capture may say less than the
 * clean one, never something else).
 *
 *     transcripts FOLDER [NAME ...]   all of them, or those whose name begins so
 *     transcripts --rules FOLDER      which rules no transcript trips, or which have no clean one
 */

#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "tests/support/recording.h"
#include "tests/support/transcript.h"
#include "tests/support/wire.h"

static unsigned failures; /* of this program: the only thing that all of it shares */

#define FAIL(...) (failures++, printf(__VA_ARGS__))

static bool is_loud(enum severity severity)
{
    return severity != SEVERITY_INFO;
}

static void print_finding(const struct recording *r, const struct recorded_finding *f)
{
    printf("%s%s%s #%u %s %s", f->rule->id, *f->variant ? "/" : "", f->variant,
           r->exchanges[f->exchange].number, severity_word(f->severity),
           confidence_word(f->confidence));
}

static const char *variant_name(const struct due *due)
{
    return strcmp(due->variant, "-") == 0 ? "" : due->variant;
}

static bool account_fits(const struct due *due, const struct recorded_finding *f)
{
    switch (due->account) {
    case ACCOUNT_ANY:
        return true;
    case ACCOUNT_AVOIDABLE:
        return f->avoidable > 0;
    case ACCOUNT_OPPORTUNITY:
        return f->opportunity > 0 && f->avoidable == 0;
    case ACCOUNT_NONE:
        return f->avoidable == 0 && f->opportunity == 0;
    }
    return false;
}

/* Is it about this rule and exchange? */
static bool concerns(const struct due *due, const struct recording *r,
                     const struct recorded_finding *f)
{
    return strcmp(due->rule, f->rule->id) == 0 &&
           (due->variant[0] == '\0' || strcmp(variant_name(due), f->variant) == 0) &&
           (due->exchange == 0 || due->exchange == r->exchanges[f->exchange].number);
}

static bool satisfies(const struct due *due, const struct recording *r,
                      const struct recorded_finding *f)
{
    bool severe = due->severity == DUE_LOUD
                      ? is_loud(f->severity)
                      : due->severity < 0 || due->severity == (int)f->severity;
    return concerns(due, r, f) && severe &&
           (due->confidence < 0 || due->confidence == (int)f->confidence) &&
           (due->party[0] == '\0' || strcmp(due->party, f->party) == 0) && account_fits(due, f);
}

static void print_due(const struct transcript *t, const struct due *due)
{
    static const char *const accounts[] = {"", " avoidable", " opportunity", " free"};
    printf("%s.http:%u: %s%s%s #%u%s%s%s%s%s", t->name, due->line, due->rule,
           due->variant[0] ? "/" : "", due->variant, due->exchange, due->severity < 0 ? "" : " ",
           due->severity < 0 ? "" : severity_word((enum severity)due->severity),
           due->confidence < 0 ? "" : " ",
           due->confidence < 0 ? "" : confidence_word((enum confidence)due->confidence),
           accounts[due->account]);
}

static void judge_due(const struct transcript *t, const struct due *due, const struct recording *r)
{
    const struct recorded_finding *near = NULL;
    for (size_t i = 0; i < r->n_findings; i++) {
        if (satisfies(due, r, &r->findings[i]))
            return;
        if (strcmp(due->rule, r->findings[i].rule->id) == 0 && !near)
            near = &r->findings[i];
    }
    failures++;
    print_due(t, due);
    printf(": due, but not found");
    if (near) {
        printf("; near: ");
        print_finding(r, near);
        printf(" avoidable %llu opportunity %llu", (unsigned long long)near->avoidable,
               (unsigned long long)near->opportunity);
    }
    printf("\n");
}

static void judge_ban(const struct transcript *t, const struct due *due, const struct recording *r)
{
    for (size_t i = 0; i < r->n_findings; i++)
        if (concerns(due, r, &r->findings[i]) &&
            (due->kind == DUE_NEVER || is_loud(r->findings[i].severity))) {
            failures++;
            print_due(t, due);
            printf(": said, but wrong: ");
            print_finding(r, &r->findings[i]);
            printf("\n");
            return;
        }
}

static bool is_allowed(const struct transcript *t, const struct recording *r,
                       const struct recorded_finding *f)
{
    for (size_t i = 0; i < t->n_due; i++)
        if ((t->due[i].kind == DUE || t->due[i].kind == DUE_MAY) && concerns(&t->due[i], r, f))
            return true;
    return false;
}

static void judge_rest(const struct transcript *t, const struct recording *r)
{
    for (size_t i = 0; i < r->n_findings; i++) {
        const struct recorded_finding *f = &r->findings[i];
        if (!is_loud(f->severity) || is_allowed(t, r, f))
            continue;
        failures++;
        printf("%s.http: said, but not due: ", t->name);
        print_finding(r, f);
        printf(": " SLICE_FMT "\n", SLICE_ARG(f->message));
    }
}

static void judge(const struct transcript *t, const struct recording *r)
{
    if (t->exchanges && t->exchanges != r->n_exchanges)
        FAIL("%s.http: %zu exchanges instead of %u\n", t->name, r->n_exchanges, t->exchanges);
    if (r->broken_laws)
        FAIL("%s.http: %llu broken laws of the ledger\n", t->name,
             (unsigned long long)r->broken_laws);
    for (size_t i = 0; i < t->n_due; i++) {
        const struct due *due = &t->due[i];
        if (due->kind == DUE && rule_card_by_id(due->rule)) /* later rules come later */
            judge_due(t, due, r);
        if (due->kind == DUE_NOT || due->kind == DUE_NEVER)
            judge_ban(t, due, r);
    }
    judge_rest(t, r);
}

/* Through a file and the source, which is how users come in. The format changes with the name. */
static void record_file(const struct transcript *t, const struct wire *wire, struct recording *r)
{
    char path[] = "/tmp/wire304-transcript-XXXXXX";
    struct error error;
    int descriptor = mkstemp(path);
    assert(descriptor >= 0);
    close(descriptor);
    enum wire_format format = (enum wire_format)(strlen(t->name) % 3);
    struct kept_packets *kept = NULL;
    if (!wire_write(wire, path, format, &error) || !(kept = packets_keep(path, &error)))
        FAIL("%s.http: %s\n", t->name, error.text);
    unlink(path);
    recording_init(r, NULL);
    for (size_t i = 0; kept && i < kept->n; i++)
        recording_packet(r, &kept->packets[i]);
    recording_finish(r);
    packets_free(kept);
}

static void record_wire(const struct wire *wire, struct recording *r)
{
    recording_init(r, NULL);
    for (size_t i = 0; i < wire->n; i++) {
        struct packet packet = wire_packet(wire, i);
        packet.frame = wire->frames[i].origin;
        recording_packet(r, &packet);
    }
    recording_finish(r);
}

/* The same exchange in another recording: the same place on the same client port. */
static bool same_exchange(const struct recorded_exchange *a, const struct recorded_exchange *b)
{
    return a->client_port == b->client_port && a->index == b->index && a->status == b->status;
}

static bool same_finding(const struct recording *a, const struct recorded_finding *f,
                         const struct recording *b, const struct recorded_finding *g)
{
    return f->rule == g->rule && strcmp(f->variant, g->variant) == 0 &&
           f->severity == g->severity && f->confidence == g->confidence &&
           same_exchange(&a->exchanges[f->exchange], &b->exchanges[g->exchange]);
}

static void find_all_in(const char *spoilt, const struct transcript *t, const struct recording *a,
                        const struct recording *b, const char *what)
{
    for (size_t i = 0; i < a->n_findings; i++) {
        size_t j = 0;
        while (j < b->n_findings && !same_finding(a, &a->findings[i], b, &b->findings[j]))
            j++;
        if (j < b->n_findings)
            continue;
        failures++;
        printf("%s.http, %s: %s: ", t->name, spoilt, what);
        print_finding(a, &a->findings[i]);
        printf("\n");
    }
}

static void compare(const char *spoilt, const struct transcript *t, const struct recording *whole,
                    const struct recording *other)
{
    if (whole->n_exchanges != other->n_exchanges)
        FAIL("%s.http, %s: %zu exchanges instead of %zu\n", t->name, spoilt, other->n_exchanges,
             whole->n_exchanges);
    if (other->broken_laws)
        FAIL("%s.http, %s: broken laws of the ledger\n", t->name, spoilt);
    find_all_in(spoilt, t, whole, other, "missed");
    find_all_in(spoilt, t, other, whole, "added");
}

static void spoil_nothing(struct wire *wire)
{
    (void)wire;
}

static void spoil_reorder(struct wire *wire)
{
    wire_reorder(wire, 300, 4);
}

static void spoil_repeat(struct wire *wire)
{
    wire_retransmit(wire, 200);
    wire_tap_twice(wire, 200);
}

static void spoil_both(struct wire *wire)
{
    wire_retransmit(wire, 100);
    wire_reorder(wire, 200, 3);
    wire_tap_twice(wire, 300);
}

static const struct {
    const char *name;
    void (*spoil)(struct wire *wire);
    bool ragged;
} spoilers[] = {
    {"cut anew", spoil_nothing, true},          {"reordered", spoil_reorder, false},
    {"cut and reordered", spoil_reorder, true}, {"repeated", spoil_repeat, false},
    {"cut and repeated", spoil_repeat, true},   {"all of it", spoil_both, true},
};

static void play_spoilt(const struct transcript *t, const struct recording *whole)
{
    for (size_t i = 0; i < COUNT_OF(spoilers); i++)
        for (uint64_t seed = 1; seed <= 2; seed++) {
            char name[64];
            struct wire wire;
            struct recording r;
            snprintf(name, sizeof name, "%s, seed %llu", spoilers[i].name,
                     (unsigned long long)seed);
            wire_init(&wire, seed);
            transcript_play(t, &wire, spoilers[i].ragged);
            spoilers[i].spoil(&wire);
            record_wire(&wire, &r);
            compare(name, t, whole, &r);
            recording_fini(&r);
            wire_fini(&wire);
        }
}

static bool has_error(const struct recording *whole, const struct recording *lossy,
                      const struct recorded_finding *f)
{
    const struct recorded_exchange *x = &lossy->exchanges[f->exchange];
    for (size_t i = 0; i < whole->n_findings; i++) {
        const struct recorded_finding *g = &whole->findings[i];
        const struct recorded_exchange *y = &whole->exchanges[g->exchange];
        if (g->severity == SEVERITY_ERROR && g->rule == f->rule && slice_equal(x->url, y->url) &&
            x->request_frame == y->request_frame)
            return true;
    }
    return false;
}

static void play_lossy(const struct transcript *t, const struct recording *whole)
{
    static const uint32_t rates[] = {20, 100, 300};
    for (uint64_t seed = 1; seed <= 9; seed++) {
        struct wire wire;
        struct recording r;
        wire_init(&wire, seed);
        transcript_play(t, &wire, false);
        wire_lose(&wire, rates[seed % COUNT_OF(rates)], seed & 1);
        record_wire(&wire, &r);
        for (size_t i = 0; i < r.n_findings; i++)
            if (r.findings[i].severity == SEVERITY_ERROR && !has_error(whole, &r, &r.findings[i])) {
                failures++;
                const struct recorded_exchange *x = &r.exchanges[r.findings[i].exchange];
                printf("%s.http, loss, seed %llu: added: ", t->name, (unsigned long long)seed);
                print_finding(&r, &r.findings[i]);
                printf(", frame %llu, " SLICE_FMT "\n", (unsigned long long)x->request_frame,
                       SLICE_ARG(x->url));
            }
        if (r.broken_laws)
            FAIL("%s.http, loss, seed %llu: broken laws of the ledger\n", t->name,
                 (unsigned long long)seed);
        recording_fini(&r);
        wire_fini(&wire);
    }
}

static void play(const struct transcript *t)
{
    struct wire wire;
    struct recording whole;
    wire_init(&wire, 1);
    transcript_play(t, &wire, false);
    record_file(t, &wire, &whole);
    judge(t, &whole);
    if (!t->fragile) {
        play_spoilt(t, &whole);
        play_lossy(t, &whole);
    }
    recording_fini(&whole);
    wire_fini(&wire);
}

static int is_transcript(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 5 && strcmp(entry->d_name + length - 5, ".http") == 0;
}

static struct transcript **read_folder(const char *folder, size_t *n)
{
    struct dirent **entries;
    int found = scandir(folder, &entries, is_transcript, alphasort);
    struct transcript **all = xcalloc(found < 0 ? 1 : (size_t)found + 1, sizeof(*all));
    *n = 0;
    for (int i = 0; i < found; i++) {
        char path[1024];
        struct error error;
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if ((all[*n] = transcript_read(path, &error)))
            (*n)++;
        else
            FAIL("%s\n", error.text);
        free(entries[i]);
    }
    if (found >= 0)
        free(entries);
    return all;
}

static void free_folder(struct transcript **all, size_t n)
{
    for (size_t i = 0; i < n; i++)
        transcript_free(all[i]);
    free(all);
}

static bool is_wanted(const char *name, char **wanted, int n)
{
    for (int i = 0; i < n; i++)
        if (strncmp(name, wanted[i], strlen(wanted[i])) == 0)
            return true;
    return n == 0;
}

static int play_folder(const char *folder, char **wanted, int n_wanted)
{
    size_t n;
    unsigned played = 0, bad = 0;
    struct transcript **all = read_folder(folder, &n);
    for (size_t i = 0; i < n; i++) {
        unsigned before = failures;
        if (!is_wanted(all[i]->name, wanted, n_wanted))
            continue;
        play(all[i]);
        played++;
        bad += failures > before;
        fflush(stdout);
    }
    free_folder(all, n);
    printf("%u transcripts, %u wrong, %u complaints\n", played, bad, failures);
    return failures || !played;
}

static bool trips(const struct transcript *t, const char *rule)
{
    for (size_t i = 0; i < t->n_due; i++)
        if (t->due[i].kind == DUE && strcmp(t->due[i].rule, rule) == 0)
            return true;
    return false;
}

/* By name: RULE-clean or RULE-something-clean. */
static bool is_twin(const struct transcript *t, const char *rule)
{
    size_t length = strlen(rule), all = strlen(t->name);
    return strncmp(t->name, rule, length) == 0 && all > 6 &&
           strcmp(t->name + all - 6, "-clean") == 0 && !trips(t, rule);
}

static bool trips_anything(const struct transcript *t)
{
    for (size_t i = 0; i < t->n_due; i++)
        if (t->due[i].kind == DUE)
            return true;
    return false;
}

/* Whoever names a twin is silent where the twin fires, or the other way round. */
static void check_twin(struct transcript *const *all, size_t n, const struct transcript *t)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(all[i]->name, t->twin) == 0) {
            if (!trips_anything(all[i]) && !trips_anything(t))
                FAIL("%s.http: neither it nor its twin %s fires\n", t->name, t->twin);
            return;
        }
    FAIL("%s.http: there is no twin %s\n", t->name, t->twin);
}

/* The situations in which a rule must not speak, or only softly, by the numbers of their table.
 * They are called tNN-...; these stand under the name of the rule that must not speak. 19 and 42
 * are about HTTP/2. */
enum { TRAPS = 43 };
static const char *const traps_elsewhere[TRAPS + 1] = {
    [1] = "304-content-length-mismatch-clean", [5] = "304-superfluous-metadata-clean",
    [6] = "304-etag-not-in-inm-clean",         [10] = "inm-match-got-200-ims-override",
    [11] = "ims-unmodified-got-200-later",     [19] = "",
    [26] = "304-missing-date-no-clock",        [42] = "",
};

static bool has_trap(struct transcript *const *all, size_t n, unsigned trap)
{
    const char *elsewhere = traps_elsewhere[trap];
    char begins[16];
    int length = snprintf(begins, sizeof begins, "t%02u-", trap);
    for (size_t j = 0; j < n; j++)
        if (elsewhere ? !*elsewhere || strcmp(all[j]->name, elsewhere) == 0
                      : strncmp(all[j]->name, begins, (size_t)length) == 0)
            return true;
    return false;
}

static int check_rules(const char *folder)
{
    size_t n;
    struct transcript **all = read_folder(folder, &n);
    const struct rule_card *card;
    unsigned i;
    for (i = 0; (card = rule_card(i)); i++) {
        bool tripped = false, twin = false;
        for (size_t j = 0; j < n; j++) {
            tripped |= trips(all[j], card->id);
            twin |= is_twin(all[j], card->id);
        }
        if (!tripped)
            FAIL("%s: no transcript trips it\n", card->id);
        if (!twin)
            FAIL("%s: no transcript %s[-...]-clean\n", card->id, card->id);
    }
    for (size_t j = 0; j < n; j++)
        if (all[j]->twin[0])
            check_twin(all, n, all[j]);
    for (unsigned trap = 1; trap <= TRAPS; trap++)
        if (!has_trap(all, n, trap))
            FAIL("trap %u: no transcript\n", trap);
    free_folder(all, n);
    printf("%u rules, %u traps, %u lacks\n", i, TRAPS, failures);
    return failures || i == 0;
}

int main(int n, char **words)
{
    if (n == 3 && strcmp(words[1], "--rules") == 0)
        return check_rules(words[2]);
    if (n >= 2)
        return play_folder(words[1], words + 2, n - 2);
    fprintf(stderr, "usage: transcripts FOLDER [NAME ...] | transcripts --rules FOLDER\n");
    return 2;
}
