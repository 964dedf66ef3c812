/* SPDX-License-Identifier: MIT */
/*
 * wire304: a table of commands. Each command reads its options, does its work through the front
 * doors of the rooms, and returns an exit code; main prints the one error that may have stopped it.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "command.h"
#include "live.h"
#include "pipeline.h"
#include "reports/audit/audit.h"
#include "reports/formats/compare.h"
#include "reports/options/completions.h"
#include "reports/evidence/evidence.h"
#include "reports/exporters.h"
#include "reports/privacy/forget.h"
#include "reports/options/manual.h"
#include "reports/options/options.h"
#include "reports/output.h"
#include "reports/options/values.h"
#include "signals.h"

struct command {
    const char *name;
    const char *arguments;
    const char *purpose;                                            /* one line */
    enum command_bit options;                                       /* 0: not in this version */
    int (*run)(const struct options *options, struct error *error); /* an exit code; EXIT_USAGE and
                                  above only with *error filled, EXIT_NOTHING excepted */
    const char *details;                                            /* for `help COMMAND` */
};

/* Makes the database and lets the signal handler know its file, with no signal in between. */
static struct database *create_database(const struct database_options *options, struct error *error)
{
    sigset_t both, before;
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    sigprocmask(SIG_BLOCK, &both, &before);
    struct database *database = database_create(options, error);
    if (database)
        signals_unfinished(database_beside(database));
    sigprocmask(SIG_SETMASK, &before, NULL);
    return database;
}

/* ------------------------------------------------------------------ analyze */

/* The first input's name without folder, compression and capture suffix. */
static char *default_output(const char *input)
{
    static const char *const suffixes[] = {".gz",  ".zst", ".zstd", NULL,    ".pcap", ".pcapng",
                                           ".cap", ".dmp", ".dump", ".ntar", NULL};
    const char *slash = strrchr(input, '/');
    const char *base = strcmp(input, "-") == 0 ? "stdin" : slash ? slash + 1 : input;
    size_t length = strlen(base);
    const char *const *suffix = suffixes;
    for (int round = 0; round < 2; round++, suffix++) {
        bool cut = false;
        for (; *suffix; suffix++) {
            size_t n = strlen(*suffix);
            if (cut || length <= n || strncasecmp(base + length - n, *suffix, n) != 0)
                continue;
            length -= n;
            cut = true;
        }
    }
    char *name = xmalloc(length + sizeof ".wire304.db");
    memcpy(name, base, length);
    strcpy(name + length, ".wire304.db");
    return name;
}

/* An output that is one of the inputs would be lost before it was read. */
static bool output_is_no_input(const char *output, const struct options *options,
                               struct error *error)
{
    struct stat out, in;
    if (stat(output, &out) != 0)
        return true;
    for (size_t i = 0; i < options->n_operands; i++)
        if (stat(options->operands[i], &in) == 0 && in.st_dev == out.st_dev &&
            in.st_ino == out.st_ino)
            return error_set(error, ERROR_USAGE, "%s is an input: choose another name with -o",
                             output);
    return true;
}

/* Only now is it known when the capture begins, which times may be relative to. */
static void limit_times(const struct options *options, struct source *source)
{
    int64_t first_ns = source_first_ns(source);
    int64_t base = first_ns == INT64_MIN ? 0 : first_ns;
    int64_t from_ns = options->from.ns + (options->from.relative ? base : 0);
    int64_t until_ns = options->until.ns + (options->until.relative ? base : 0);
    source_limit(source, options->from.given ? from_ns : INT64_MIN,
                 options->until.given ? until_ns : INT64_MAX);
}

/* From source to finished database. */
static bool audit(const struct options *options, const char *output, struct source *source,
                  struct pipeline_result *result, struct error *error)
{
    const struct database_options file = {
        .path = output,
        .force = options->force,
        .heads = options->heads,
        .accepted = &options->accepted,
        .privacy = options->privacy,
    };
    struct database *database = create_database(&file, error);
    if (!database)
        return false;

    struct progress progress;
    progress_init(&progress, stderr, !options->quiet && !options->no_progress);
    struct pipeline_options pipeline = pipeline_options_of(options, source);
    pipeline.progress = &progress;
    bool done = pipeline_run(&pipeline, database, result, error);
    signals_unfinished(NULL);
    database_free(database);
    pipeline_options_fini(&pipeline);
    return done;
}

/* --baseline: what became of the issues of an earlier audit. */
static bool compare_with_baseline(const struct options *options, const char *output, bool *failed,
                                  struct error *error)
{
    const struct comparison comparison = {
        .before = options->baseline,
        .after = output,
        .format = "terminal",
        .layout = layout(options),
        .min_exercised = options->min_exercised,
        .fail_on = &options->compare_fail_on,
    };
    bool fails = false;
    if (!options->baseline)
        return true;
    if (!options->quiet)
        printf("\n");
    bool done = comparison_print(&comparison, options->quiet ? NULL : stdout, &fails, error);
    *failed |= fails;
    return done;
}

/* Better said before the captures are read than after. */
static bool baseline_is_there(const struct options *options, const char *output,
                              struct error *error)
{
    struct audit audit;
    struct stat out, baseline;
    if (!options->baseline)
        return true;
    if (!audit_open(&audit, options->baseline, error) || !audit_close(&audit, error))
        return false;
    if (stat(output, &out) == 0 && stat(options->baseline, &baseline) == 0 &&
        out.st_dev == baseline.st_dev && out.st_ino == baseline.st_ino)
        return error_set(error, ERROR_USAGE,
                         "%s is the baseline, and would be replaced: choose another name with -o",
                         output);
    return true;
}

/* The code that stands when the database does: the precedence of contract.md. */
static int verdict(const struct options *options, const char *output, bool damaged,
                   const struct pipeline_result *result, struct error *error)
{
    bool failed = false;
    if (damaged)
        return EXIT_INPUT;
    if (result->stopped)
        return 128 + (int)*signals_stop();
    if (result->exchanges == 0)
        return EXIT_NOTHING;
    if (!audit_fails(output, &options->fail_on, &failed, error) ||
        !compare_with_baseline(options, output, &failed, error))
        return code_of(error);
    return failed ? EXIT_FAIL_ON : EXIT_DONE;
}

static int analyze_source(const struct options *options, const char *output, struct source *source,
                          struct error *error)
{
    struct pipeline_result result;
    bool written = audit(options, output, source, &result, error);
    bool damaged = tell_input_troubles(source, options->quiet);
    if (!written)
        return code_of(error);
    if (!options->quiet) {
        const struct report_options report = {.format = "terminal",
                                              .layout = layout(options),
                                              .selection = &options->selection,
                                              .price = options->price};
        if (!report_print(output, stdout, &report, error))
            return code_of(error);
    }
    int code = verdict(options, output, damaged, &result, error);
    if (code == EXIT_NOTHING)
        fprintf(stderr, "wire304: nothing to audit: not one HTTP exchange was seen%s\n",
                options->hosts.n ? " of these hosts" : "");
    return code;
}

static int run_analyze(const struct options *options, struct error *error)
{
    struct source_options all = SOURCE_EVERYTHING;
    all.filter = options->filter;
    char *output =
        options->output ? xstrdup(options->output) : default_output(options->operands[0]);
    struct source *source = NULL;
    int code = EXIT_USAGE;
    if (output_is_no_input(output, options, error) && baseline_is_there(options, output, error) &&
        database_may_replace(output, options->force, error) &&
        (source = source_open(options->operands, options->n_operands, &all, error))) {
        limit_times(options, source);
        code = analyze_source(options, output, source, error);
    } else {
        code = code_of(error);
    }
    source_close(source);
    free(output);
    return code;
}

/* ------------------------------------------------------------------ the other commands */

static int run_report(const struct options *options, struct error *error)
{
    struct report_options report = {options->format,    layout(options), &options->selection,
                                    options->table,     options->price,  options->redact,
                                    options->redact_key,
                                    options->output || !isatty(STDOUT_FILENO)};
    struct output output;
    if (!report_is_format(report.format, error))
        return EXIT_USAGE;
    if (options->output) { /* no terminal */
        report.layout.width = 0;
        report.layout.color = options->color == COLOR_ALWAYS;
    }
    if (!output_open(&output, options->output, error))
        return EXIT_OUTPUT;
    bool printed = report_print(options->operands[0], output.to, &report, error);
    return output_close(&output, printed, error) ? EXIT_DONE : code_of(error);
}

static int run_compare(const struct options *options, struct error *error)
{
    struct comparison comparison = {
        options->operands[0],   options->operands[1],   options->format,          layout(options),
        options->min_exercised, options->selection.top, &options->compare_fail_on};
    struct output output;
    bool fails = false;
    if (!comparison_is_format(options->format, error))
        return EXIT_USAGE;
    if (options->output) { /* no terminal */
        comparison.layout.width = 0;
        comparison.layout.color = options->color == COLOR_ALWAYS;
    }
    if (!output_open(&output, options->output, error))
        return EXIT_OUTPUT;
    bool printed = comparison_print(&comparison, output.to, &fails, error);
    if (!output_close(&output, printed, error))
        return code_of(error);
    return fails ? EXIT_FAIL_ON : EXIT_DONE;
}

static int run_evidence(const struct options *options, struct error *error)
{
    const struct evidence_options how = {.with_credentials = options->with_credentials,
                                         .heads_only = options->heads_only,
                                         .redact = options->redact,
                                         .redact_key = options->redact_key,
                                         .output = options->output};
    struct output output;
    if (how.redact && (how.with_credentials || how.heads_only)) {
        error_set(error, ERROR_USAGE,
                  "--redact leaves neither credentials nor bodies: it stands "
                  "without --with-credentials and --heads-only");
        return EXIT_USAGE;
    }
    if (!options->output && isatty(STDOUT_FILENO)) {
        error_set(error, ERROR_USAGE, "a capture is no text for a terminal: name a file with -o");
        return EXIT_USAGE;
    }
    if (!output_open(&output, options->output, error))
        return EXIT_OUTPUT;
    bool written = evidence_write(options->operands[0], options->operands[1], &how, output.to,
                                  options->quiet ? NULL : stderr, error);
    return output_close(&output, written, error) ? EXIT_DONE : code_of(error);
}

static int run_forget(const struct options *options, struct error *error)
{
    struct forgotten gone = {0};
    if (!audit_forget(options->operands[0], &options->selection.clients, &gone, error))
        return code_of(error);
    if (!options->quiet)
        printf("forgot %" PRIu64 " exchanges, %" PRIu64 " connections and %" PRIu64 " findings\n",
               gone.exchanges, gone.connections, gone.findings);
    return EXIT_DONE;
}

static int run_rules(const struct options *options, struct error *error)
{
    struct summary_options summary = layout(options);
    bool as_markdown = strcmp(options->format, "markdown") == 0;
    bool as_json = strcmp(options->format, "json") == 0;
    if (!as_markdown && !as_json && strcmp(options->format, "terminal") != 0) {
        error_set(error, ERROR_USAGE,
                  "rules are listed as 'terminal', 'json' or 'markdown', not as '%s'",
                  options->format);
        return EXIT_USAGE;
    }
    if ((as_markdown || as_json) && (options->why || options->flaws)) {
        error_set(error, ERROR_USAGE, "--format %s is of the whole catalogue, without --%s",
                  options->format, options->why ? "why" : "flaws");
        return EXIT_USAGE;
    }
    if (options->why)
        return catalogue_why(options->why, stdout, &summary, error) ? EXIT_DONE : code_of(error);
    if (as_markdown)
        catalogue_markdown(stdout);
    else if (as_json)
        catalogue_json(stdout);
    else if (options->flaws)
        catalogue_flaws(stdout, &summary);
    else
        catalogue_print(stdout, &summary);
    return EXIT_DONE;
}

static int run_explain(const struct options *options, struct error *error)
{
    struct summary_options summary = layout(options);
    bool known =
        catalogue_explain(options->operands[0], options->software, stdout, &summary, error);
    return known ? EXIT_DONE : code_of(error);
}

// clang-format off
static const struct command commands[] = {
    {"analyze", "[-o DB] [options] FILE...", "read captures, write the audit database, print the summary",
     FOR_ANALYZE, run_analyze,
     "FILE is a capture (pcap or pcapng, also compressed with gzip or zstd), or - for standard input.\n"
     "Several files are one capture: packets are merged by time, and connections go on across files.\n"
     "The result is an SQLite database; an existing one is replaced when the run is finished, never before.\n"
     "\n"
     "Examples:\n"
     "  wire304 analyze site.pcap\n"
     "  tcpdump -U -w - tcp | wire304 analyze -o audit.db -\n"
     "  wire304 analyze --host '*.example.org' --from +10m --until +20m ring-*.pcap.gz\n"
     "  wire304 analyze -q --fail-on error --fail-on 'avoidable>5%' nightly.pcapng\n"},
    {"live", "[-o DB] [options] -i IFACE", "the same from an interface, until it is stopped", FOR_LIVE, run_live,
     "Runs until a signal (Ctrl-C, SIGTERM), --duration or --count ends it; what was captured until then is\n"
     "still read. The database, wire304-IFACE.wire304.db, is committed every second and may be read\n"
     "at any moment; started again, wire304 goes on in it. Once the interface is open, before the\n"
     "first packet, wire304 gives up its privileges. A full disk pauses it. SIGHUP begins a new\n"
     "database, SIGUSR1 prints the counters.\n"
     "\n"
     "Examples:\n"
     "  sudo wire304 live -i eth0\n"
     "  sudo wire304 live -i eth0 --rotate 1h -o /var/lib/wire304/site.db\n"
     "  sudo wire304 live -i any --duration 1h --filter 'tcp port 80' -o rush-hour.db\n"
     "  setcap cap_net_raw,cap_net_admin+ep /usr/bin/wire304     (once: then no root is needed)\n"},
    {"report", "[--format F] [-o OUT] DB", "the summary of an audit database", FOR_REPORT, run_report,
     "Example:\n"
     "  wire304 report site.wire304.db | less -R\n"},
    {"evidence", "[-o OUT.pcapng] DB FINDING", "the packets that prove a finding, as a capture", FOR_EVIDENCE, run_evidence,
     "FINDING is the id of a finding, or the key of an issue, as the reports show them. The packets are\n"
     "read again from the captures that were analysed, which must still be where they were; each that\n"
     "begins a message says so in a packet comment, for Wireshark. With the accused exchange and its\n"
     "reference come the others of the same URL that bear on the verdict.\n"
     "\n"
     "Examples:\n"
     "  wire304 evidence -o proof.pcapng site.wire304.db 12\n"
     "  wire304 evidence site.wire304.db 5f0a9c1d2e3b4a68 | tshark -r - -V | less\n"},
    {"compare", "BEFORE.db AFTER.db", "what was fixed, what remains, what is new", FOR_COMPARE, run_compare,
     "An issue that is gone is fixed only if its URLs were asked for again, often enough and in the way\n"
     "that its rule looks at; else it is not exercised. What is fixed counts as saved, at the rate per\n"
     "request that it cost before, for the requests of the later audit.\n"
     "\n"
     "Examples:\n"
     "  wire304 compare monday.wire304.db tuesday.wire304.db\n"
     "  wire304 compare --fail-on new-error main.db branch.db          in a pipeline\n"
     "  wire304 compare --format markdown main.db branch.db            for a pull request\n"},
    {"forget", "--client GLOB DB", "takes somebody's exchanges out of an audit database", FOR_FORGET, run_forget,
     "Removes the client's exchanges, with what proxies sent because of them, their findings, heads and\n"
     "connections, and every text that nobody else used, from the octets of the file too. Sums are made\n"
     "anew of the rest. The captures, and reports made before, are not reached.\n"
     "\n"
     "Example:\n"
     "  wire304 forget --client 192.0.2.7 site.wire304.db\n"},
    {"rules", "[--why DB] [--flaws]", "the catalogue of rules; what an audit could check", FOR_RULES, run_rules,
     "Examples:\n"
     "  wire304 rules\n"
     "  wire304 rules --why site.wire304.db     what each rule examined, and what withheld it\n"
     "  wire304 rules --flaws                   the words in exchanges.flaws\n"
     "  wire304 rules --format markdown         all of it as a page\n"},
    {"explain", "RULE", "what a rule means and what to do about it", FOR_EXPLAIN, run_explain,
     "Examples:\n"
     "  wire304 explain 304-missing-etag\n"
     "  wire304 explain --software nginx,rails 304-missing-etag\n"},
};
// clang-format on

static const char *command_name(unsigned index)
{
    return index < COUNT_OF(commands) ? commands[index].name : NULL;
}

static const struct command *command_by_name(const char *name)
{
    for (unsigned i = 0; i < COUNT_OF(commands); i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static void print_help(void)
{
    printf(
        "wire304 reads captured packets as HTTP exchanges, holds every 304 Not Modified and every\n"
        "repeated transfer against what the RFCs ask and what a cache would have done, and says "
        "who\n"
        "wasted how many bytes, and in which packets.\n"
        "\n");
    for (unsigned i = 0; i < COUNT_OF(commands); i++)
        if (commands[i].options)
            printf("  wire304 %-8s %-27s %s\n", commands[i].name, commands[i].arguments,
                   commands[i].purpose);
    printf(
        "  wire304 help     [COMMAND]                   this text, or that of a command\n"
        "  wire304 --version\n"
        "\n"
        "Begin with:\n"
        "  tcpdump -i eth0 -s 0 -w site.pcap tcp         whole packets, where each client still "
        "has\n"
        "                                                its own address; any port: HTTP is told "
        "by\n"
        "                                                its content\n"
        "  wire304 analyze site.pcap                     writes site.wire304.db and prints the "
        "summary\n"
        "  wire304 explain 304-missing-etag              for any rule that the summary names\n"
        "  sqlite3 site.wire304.db 'SELECT * FROM issues ORDER BY avoidable_bytes DESC'\n"
        "\n"
        "Exit codes:\n"
        "  0  done                                       3  an input is damaged or cannot be read\n"
        "  1  done, and --fail-on was met                4  the result cannot be written\n"
        "  2  the command line is wrong                  5  not one HTTP exchange was seen\n"
        "  130, 143  stopped by a signal; what was read is kept\n");
}

static void print_command_help(const struct command *command)
{
    printf("wire304 %s %s\n    %s\n\n", command->name, command->arguments, command->purpose);
    if (!command->options) {
        printf("This version of wire304 does not have it yet.\n");
        return;
    }
    if (command->details)
        printf("%s\n", command->details);
    printf("Options:\n");
    options_print(stdout, command->options);
}

/* The commands that there are; how many. */
static unsigned list_commands(struct manual_command *shown)
{
    unsigned n = 0;
    for (unsigned i = 0; i < COUNT_OF(commands); i++) {
        const struct command *command = &commands[i];
        if (command->options)
            shown[n++] =
                (struct manual_command){command->name, command->arguments, command->purpose,
                                        command->details, command->options};
    }
    return n;
}

/* `help --man` and `help --completions SHELL`, for those who package it. */
static int print_for_packagers(int argc, char **argv, struct error *error)
{
    struct manual_command shown[COUNT_OF(commands)];
    unsigned n = list_commands(shown);
    if (strcmp(argv[1], "--man") == 0) {
        manual_print(stdout, shown, n);
        return EXIT_DONE;
    }
    if (argc > 2 && completions_print(stdout, argv[2], shown, n))
        return EXIT_DONE;
    error_set(error, ERROR_USAGE, "help --completions: bash, zsh or fish is wanted");
    return EXIT_USAGE;
}

static bool refuse_command(const char *name, struct error *error)
{
    const char *near = nearest_name(name, command_name);
    return error_set(error, ERROR_USAGE, "there is no command '%s'%s%s%s", name,
                     near ? "; is '" : "", near ? near : "", near ? "' meant?" : "");
}

static int run_help(int argc, char **argv, struct error *error)
{
    const struct command *command = argc > 1 ? command_by_name(argv[1]) : NULL;
    if (argc > 1 && (strcmp(argv[1], "--man") == 0 || strcmp(argv[1], "--completions") == 0))
        return print_for_packagers(argc, argv, error);
    if (argc > 1 && !command && strcmp(argv[1], "help") != 0) {
        refuse_command(argv[1], error);
        return EXIT_USAGE;
    }
    if (command)
        print_command_help(command);
    else
        print_help();
    return EXIT_DONE;
}

/* How many operands a command wants. */
static bool check_operands(const struct command *command, const struct options *options,
                           struct error *error)
{
    size_t n = options->n_operands;
    if (command->run == run_analyze)
        return n > 0 || error_set(error, ERROR_USAGE,
                                  "which capture? analyze needs a FILE, or - for "
                                  "standard input");
    if (command->run == run_live) {
        if (n > 0)
            return error_set(error, ERROR_USAGE, "live reads no files: `wire304 analyze %s`?",
                             options->operands[0]);
        return options->interfaces.n > 0 ||
               error_set(error, ERROR_USAGE,
                         "where is it to listen? live needs -i IFACE (`ip link` lists them)");
    }
    if (command->run == run_rules)
        return n == 0 ||
               error_set(error, ERROR_USAGE, "rules takes no argument; `wire304 explain %s`?",
                         options->operands[0]);
    if (command->run == run_compare)
        return n == 2 ||
               error_set(error, ERROR_USAGE, "compare takes two audits: %s", command->arguments);
    if (command->run == run_forget && options->selection.clients.n == 0)
        return error_set(error, ERROR_USAGE, "who is to be forgotten? forget needs --client");
    if (command->run == run_evidence)
        return n == 2 || error_set(error, ERROR_USAGE, "evidence takes two arguments: %s",
                                   command->arguments);
    return n == 1 || error_set(error, ERROR_USAGE, "%s takes one argument: %s", command->name,
                               command->arguments);
}

static int run_command(const struct command *command, int argc, char **argv, struct error *error)
{
    struct options options;
    int code = EXIT_USAGE;
    if (!command->options) {
        error_set(error, ERROR_USAGE, "this version of wire304 does not have '%s' yet",
                  command->name);
        return EXIT_USAGE;
    }
    if (options_parse(&options, command->options, argc, argv, error)) {
        if (options.help) {
            print_command_help(command);
            code = EXIT_DONE;
        } else if (check_operands(command, &options, error)) {
            code = command->run(&options, error);
        }
    }
    options_fini(&options);
    return code;
}

static int dispatch(int argc, char **argv, struct error *error)
{
    const char *name = argc > 1 ? argv[1] : NULL;
    if (!name) {
        error_set(error, ERROR_USAGE,
                  "what is to be done? `wire304 analyze FILE` is the beginning");
        return EXIT_USAGE;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
        return run_help(argc - 1, argv + 1, error);
    if (strcmp(name, "--version") == 0) {
        printf("wire304 %s\n", WIRE304_VERSION);
        return EXIT_DONE;
    }
    const struct command *command = command_by_name(name);
    if (command)
        return run_command(command, argc - 1, argv + 1, error);
    refuse_command(name, error);
    return EXIT_USAGE;
}

/* The result goes to standard output: what could not be written is told, unless the reader left. */
static int flush_output(int code, struct error *error)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    error_set(error, ERROR_OUTPUT, "cannot write to standard output: %s", strerror(errno));
    return EXIT_OUTPUT;
}

/* Where a standard stream is closed, the next file that is opened would take its number, and what
 * is said to the stream would stand in that file. Held open the wrong way round it fails as before.
 */
static void hold_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return; /* no /dev/null: as it was */
}

int main(int argc, char **argv)
{
    struct error error = {0};
    hold_standard_streams();
    signals_catch();
    int code = flush_output(dispatch(argc, argv, &error), &error);
    if (error.kind != ERROR_NONE)
        fprintf(stderr, "wire304: %s\n", error.text);
    if (error.kind == ERROR_USAGE) {
        const struct command *command = argc > 1 ? command_by_name(argv[1]) : NULL;
        fprintf(stderr, "Try 'wire304 help%s%s'.\n", command ? " " : "",
                command ? command->name : "");
    }
    return code;
}
