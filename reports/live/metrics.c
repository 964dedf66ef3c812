/* SPDX-License-Identifier: MIT */
/*
 * The text format of Prometheus, 0.0.4: families with HELP and TYPE, a sample a line. A series that
 * may come is there from the start with 0 wherever its labels are known by then, since a rate sees
 * no first step of one that was absent.
 */

#include "reports/live/metrics.h"

#include <assert.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "analysis/rules.h"
#include "base/alloc.h"
#include "reports/formats/escape.h"

enum { SEVERITIES = SEVERITY_ERROR + 1, CONFIDENCES = CONFIDENCE_CERTAIN + 1 };
enum { OUTCOMES = OUTCOME_OTHER + 1, CLASSES = 6, CHECK_OUTCOMES = CHECK_WITHHELD + 1 };
enum { TALLIES = 128 };

/* Sums by a word of ours. */
struct tallies {
    struct sum_of_word {
        const char *word;
        uint64_t value;
    } of[TALLIES];
    unsigned n;
};

struct interface_sums {
    char *name;
    struct input input;
};

struct rule_sums {
    uint64_t findings[SEVERITIES][CONFIDENCES];
    uint64_t avoidable[CONFIDENCES];
    uint64_t opportunity;
};

struct metrics {
    struct rule_sums rules[RULES_MOST];
    uint64_t outcomes[OUTCOMES], endings[ENDINGS], classes[CLASSES];
    uint64_t octets[2][2]; /* of request and response; head and body */
    uint64_t retransmitted;
    uint64_t checks[CHECK_OUTCOMES];
    struct tallies withheld, bytes, packets, connections, events, caps;
    uint64_t unseen;
    struct interface_sums *inputs;
    size_t n_inputs;
    uint64_t commits, commit_ns, lines, lines_dropped, scrapes;
    double started, committed; /* seconds since the epoch; 0: not yet */
    int statm;                 /* /proc/self/statm, -1 where there is none */
};

static void tally(struct tallies *tallies, const char *word, uint64_t n)
{
    for (unsigned i = 0; i < tallies->n; i++)
        if (strcmp(tallies->of[i].word, word) == 0) {
            tallies->of[i].value += n;
            return;
        }
    assert(tallies->n < TALLIES);
    tallies->of[tallies->n++] = (struct sum_of_word){word, n};
}

/* The words stay: a series that was told does not go away. */
static void tallies_clear(struct tallies *tallies)
{
    for (unsigned i = 0; i < tallies->n; i++)
        tallies->of[i].value = 0;
}

static double wall_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct metrics *metrics_new(void)
{
    static const char *const reasons[] = {"read",        "no-keys", "unknown-cipher",
                                          "lost-at-tap", "snaplen", "began-before-capture",
                                          "unsupported", "cap"};
    struct metrics *m = xcalloc(1, sizeof *m);
    m->started = wall_seconds();
    m->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    for (unsigned i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        tally(&m->bytes, reasons[i], 0);
        tally(&m->packets, reasons[i], 0);
        tally(&m->connections, reasons[i], 0);
    }
    return m;
}

static void free_inputs(struct metrics *m)
{
    for (size_t i = 0; i < m->n_inputs; i++)
        free(m->inputs[i].name);
    free(m->inputs);
}

void metrics_free(struct metrics *m)
{
    if (!m)
        return;
    if (m->statm >= 0)
        close(m->statm);
    free_inputs(m);
    free(m);
}

/* ------------------------------------------------------------------ counting */

void metrics_exchange(struct metrics *m, const struct assessed *assessed)
{
    const struct exchange *x = assessed->exchange;
    unsigned class = x->status / 100;
    m->outcomes[assessed->outcome]++;
    m->endings[x->ending]++;
    m->classes[class < CLASSES ? class : 0]++;
    m->octets[0][0] += x->request.header_bytes;
    m->octets[0][1] += x->request.body_bytes;
    m->octets[1][0] += x->response.header_bytes;
    m->octets[1][1] += x->response.body_bytes;
    m->retransmitted += x->retransmitted_bytes;
}

static struct rule_sums *sums_of(struct metrics *m, const struct rule_card *rule)
{
    for (unsigned i = 0; i < rules_count(); i++)
        if (rule_card(i) == rule)
            return &m->rules[i];
    return NULL;
}

void metrics_finding(struct metrics *m, const struct finding *finding)
{
    struct rule_sums *sums = sums_of(m, finding->rule);
    assert(sums);
    sums->findings[finding->severity][finding->confidence]++;
    sums->avoidable[finding->confidence] += finding->avoidable_bytes;
    sums->opportunity += finding->opportunity_bytes;
}

void metrics_begin_checks(struct metrics *m)
{
    memset(m->checks, 0, sizeof m->checks);
    tallies_clear(&m->withheld);
    tallies_clear(&m->bytes);
    tallies_clear(&m->packets);
    tallies_clear(&m->connections);
    m->unseen = 0;
}

void metrics_begin_counters(struct metrics *m)
{
    tallies_clear(&m->events);
    tallies_clear(&m->caps);
}

void metrics_check(struct metrics *m, const struct check *check)
{
    m->checks[check->outcome] += check->exchanges;
    if (check->outcome == CHECK_WITHHELD)
        tally(&m->withheld, check->guard, check->exchanges);
}

void metrics_coverage(struct metrics *m, const struct coverage *coverage)
{
    const char *reason = coverage->reason ? coverage->reason : "read";
    tally(&m->bytes, reason, coverage->bytes);
    tally(&m->packets, reason, coverage->packets);
    tally(&m->connections, reason, coverage->connections);
    m->unseen += coverage->unseen_bytes;
}

void metrics_counter(struct metrics *m, const char *name, bool is_cap, uint64_t value)
{
    tally(is_cap ? &m->caps : &m->events, name, value);
}

void metrics_inputs(struct metrics *m, const struct source *source)
{
    size_t n = source_inputs(source);
    if (n != m->n_inputs) {
        free_inputs(m);
        m->inputs = xcalloc(n, sizeof *m->inputs);
        m->n_inputs = n;
    }
    for (size_t i = 0; i < n; i++) {
        struct interface_sums *sums = &m->inputs[i];
        sums->input = *source_input(source, i);
        if (!sums->name)
            sums->name = xstrdup(sums->input.name);
        sums->input.name = sums->input.trouble = NULL; /* another's */
    }
}

void metrics_commit(struct metrics *m, int64_t took_ns)
{
    m->commits++;
    m->commit_ns += (uint64_t)took_ns;
    m->committed = wall_seconds();
}

void metrics_lines(struct metrics *m, uint64_t written, uint64_t dropped)
{
    m->lines = written;
    m->lines_dropped = dropped;
}

void metrics_scrape(struct metrics *m)
{
    m->scrapes++;
}

/* ------------------------------------------------------------------ the text */

void metrics_put_label(FILE *to, struct slice text)
{
    while (text.len) {
        uint32_t code = 0;
        unsigned n = utf8_decode(text, &code);
        if (n == 0)
            fputs("\xef\xbf\xbd", to);
        else if (code == '\n')
            fputs("\\n", to);
        else if (code == '"' || code == '\\')
            fprintf(to, "\\%c", (int)code);
        else
            fwrite(text.at, 1, n, to);
        text = slice_from(text, n ? n : 1);
    }
}

struct label {
    const char *name, *value;
};

static void put_labels(FILE *to, const char *name, const struct label *labels, unsigned n)
{
    fputs(name, to);
    for (unsigned i = 0; i < n; i++) {
        fprintf(to, "%s%s=\"", i ? "," : "{", labels[i].name);
        metrics_put_label(to, slice_of_text(labels[i].value));
        fputc('"', to);
    }
    if (n)
        fputc('}', to);
}

static void put_sample(FILE *to, const char *name, const struct label *labels, unsigned n,
                       uint64_t value)
{
    put_labels(to, name, labels, n);
    fprintf(to, " %" PRIu64 "\n", value);
}

static void put_plain(FILE *to, const char *name, uint64_t value)
{
    put_sample(to, name, NULL, 0, value);
}

static void put_one(FILE *to, const char *name, const char *label, const char *word, uint64_t value)
{
    put_sample(to, name, &(struct label){label, word}, 1, value);
}

static void put_seconds(FILE *to, const char *name, const struct label *labels, unsigned n,
                        double value)
{
    put_labels(to, name, labels, n);
    fprintf(to, " %.6f\n", value);
}

static void put_tallies(FILE *to, const char *name, const char *label,
                        const struct tallies *tallies)
{
    for (unsigned i = 0; i < tallies->n; i++)
        put_one(to, name, label, tallies->of[i].word, tallies->of[i].value);
}

/* ------------------------------------------------------------------ the families */

static void print_build_info(const struct metrics *m, const char *name, FILE *to)
{
    (void)m;
    put_one(to, name, "version", WIRE304_VERSION, 1);
}

static void print_start_time(const struct metrics *m, const char *name, FILE *to)
{
    put_seconds(to, name, NULL, 0, m->started);
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void print_cpu_seconds(const struct metrics *m, const char *name, FILE *to)
{
    struct rusage used;
    (void)m;
    if (getrusage(RUSAGE_SELF, &used) == 0)
        put_seconds(to, name, NULL, 0, seconds_of(used.ru_utime) + seconds_of(used.ru_stime));
}

/* The second number of statm is what is resident, in pages (proc(5)). */
static void print_resident_bytes(const struct metrics *m, const char *name, FILE *to)
{
    char text[128] = "";
    ssize_t n = m->statm < 0 ? -1 : pread(m->statm, text, sizeof text - 1, 0);
    const char *space = n > 0 ? strchr(text, ' ') : NULL;
    if (space)
        put_plain(to, name, strtoull(space, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE));
}

static void print_capture_packets(const struct metrics *m, const char *name, FILE *to)
{
    for (size_t i = 0; i < m->n_inputs; i++)
        put_one(to, name, "interface", m->inputs[i].name, m->inputs[i].input.packets);
}

static void print_capture_bytes(const struct metrics *m, const char *name, FILE *to)
{
    for (size_t i = 0; i < m->n_inputs; i++)
        put_one(to, name, "interface", m->inputs[i].name, m->inputs[i].input.octets_read);
}

static void print_capture_dropped(const struct metrics *m, const char *name, FILE *to)
{
    for (size_t i = 0; i < m->n_inputs; i++) {
        const struct input *input = &m->inputs[i].input;
        struct label labels[] = {{"interface", m->inputs[i].name}, {"by", "kernel"}};
        put_sample(to, name, labels, 2, input->dropped_by_kernel);
        labels[1].value = "interface";
        put_sample(to, name, labels, 2, input->dropped_by_interface);
    }
}

static void print_capture_late(const struct metrics *m, const char *name, FILE *to)
{
    for (size_t i = 0; i < m->n_inputs; i++)
        put_one(to, name, "interface", m->inputs[i].name, m->inputs[i].input.late);
}

static void print_capture_up(const struct metrics *m, const char *name, FILE *to)
{
    for (size_t i = 0; i < m->n_inputs; i++)
        put_one(to, name, "interface", m->inputs[i].name,
                m->inputs[i].input.state == INPUT_WHOLE ? 1 : 0);
}

static void print_capture_last(const struct metrics *m, const char *name, FILE *to)
{
    for (size_t i = 0; i < m->n_inputs; i++)
        if (m->inputs[i].input.packets)
            put_seconds(to, name, &(struct label){"interface", m->inputs[i].name}, 1,
                        (double)m->inputs[i].input.last_ns / 1e9);
}

static void print_exchanges(const struct metrics *m, const char *name, FILE *to)
{
    for (int i = 0; i < OUTCOMES; i++)
        put_one(to, name, "outcome", outcome_word((enum outcome)i), m->outcomes[i]);
}

static void print_endings(const struct metrics *m, const char *name, FILE *to)
{
    for (int i = 0; i < ENDINGS; i++)
        put_one(to, name, "ending", ending_word((enum ending)i), m->endings[i]);
}

static void print_responses(const struct metrics *m, const char *name, FILE *to)
{
    static const char *const words[CLASSES] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
    for (int i = 0; i < CLASSES; i++)
        put_one(to, name, "class", words[i], m->classes[i]);
}

static void print_exchange_bytes(const struct metrics *m, const char *name, FILE *to)
{
    static const char *const messages[] = {"request", "response"}, *const parts[] = {"head",
                                                                                     "body"};
    for (int i = 0; i < 4; i++) {
        struct label labels[] = {{"message", messages[i / 2]}, {"part", parts[i % 2]}};
        put_sample(to, name, labels, 2, m->octets[i / 2][i % 2]);
    }
}

static void print_retransmitted_bytes(const struct metrics *m, const char *name, FILE *to)
{
    put_plain(to, name, m->retransmitted);
}

/* With 0 at the severity that the rule has of itself. */
static void print_findings(const struct metrics *m, const char *name, FILE *to)
{
    for (unsigned i = 0; i < rules_count(); i++)
        for (int k = 0; k < SEVERITIES * CONFIDENCES; k++) {
            enum severity severity = (enum severity)(k / CONFIDENCES);
            enum confidence confidence = (enum confidence)(k % CONFIDENCES);
            uint64_t n = m->rules[i].findings[severity][confidence];
            struct label labels[] = {{"rule", rule_card(i)->id},
                                     {"severity", severity_word(severity)},
                                     {"confidence", confidence_word(confidence)}};
            if (n || severity == rule_card(i)->severity)
                put_sample(to, name, labels, 3, n);
        }
}

static void print_avoidable_bytes(const struct metrics *m, const char *name, FILE *to)
{
    for (unsigned i = 0; i < rules_count(); i++)
        for (int k = 0; k < CONFIDENCES; k++) {
            uint64_t octets = m->rules[i].avoidable[k];
            struct label labels[] = {{"rule", rule_card(i)->id},
                                     {"confidence", confidence_word((enum confidence)k)}};
            if (octets || rule_at(i)->account == ACCOUNT_AVOIDABLE)
                put_sample(to, name, labels, 2, octets);
        }
}

static void print_opportunity_bytes(const struct metrics *m, const char *name, FILE *to)
{
    for (unsigned i = 0; i < rules_count(); i++)
        if (m->rules[i].opportunity || rule_at(i)->account == ACCOUNT_OPPORTUNITY)
            put_one(to, name, "rule", rule_card(i)->id, m->rules[i].opportunity);
}

static void print_checks(const struct metrics *m, const char *name, FILE *to)
{
    static const char *const words[] = {"passed", "fired", "withheld"};
    for (int i = 0; i < CHECK_OUTCOMES; i++)
        put_one(to, name, "outcome", words[i], m->checks[i]);
}

static void print_withheld(const struct metrics *m, const char *name, FILE *to)
{
    put_tallies(to, name, "guard", &m->withheld);
}

static void print_coverage_bytes(const struct metrics *m, const char *name, FILE *to)
{
    put_tallies(to, name, "reason", &m->bytes);
}

static void print_coverage_packets(const struct metrics *m, const char *name, FILE *to)
{
    put_tallies(to, name, "reason", &m->packets);
}

static void print_coverage_connections(const struct metrics *m, const char *name, FILE *to)
{
    put_tallies(to, name, "reason", &m->connections);
}

static void print_unseen_bytes(const struct metrics *m, const char *name, FILE *to)
{
    put_plain(to, name, m->unseen);
}

static void print_events(const struct metrics *m, const char *name, FILE *to)
{
    put_tallies(to, name, "event", &m->events);
}

static void print_caps(const struct metrics *m, const char *name, FILE *to)
{
    put_tallies(to, name, "cap", &m->caps);
}

static void print_commits(const struct metrics *m, const char *name, FILE *to)
{
    put_plain(to, name, m->commits);
}

static void print_commit_seconds(const struct metrics *m, const char *name, FILE *to)
{
    put_seconds(to, name, NULL, 0, (double)m->commit_ns / 1e9);
}

static void print_last_commit(const struct metrics *m, const char *name, FILE *to)
{
    put_seconds(to, name, NULL, 0, m->committed);
}

static void print_ndjson_lines(const struct metrics *m, const char *name, FILE *to)
{
    put_plain(to, name, m->lines);
}

static void print_ndjson_dropped(const struct metrics *m, const char *name, FILE *to)
{
    put_plain(to, name, m->lines_dropped);
}

static void print_scrapes(const struct metrics *m, const char *name, FILE *to)
{
    put_plain(to, name, m->scrapes);
}

void metrics_print(const struct metrics *m, FILE *to)
{
#define METRIC_ROW(printer, name, type, labels, help)                                              \
    fputs("# HELP " name " " help "\n# TYPE " name " " type "\n", to);                             \
    print_##printer(m, name, to);
#include "reports/live/metrics.def"
#undef METRIC_ROW
}
