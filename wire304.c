/* SPDX-License-Identifier: MIT */
/*
 * wire304: a table of commands, and help about them. main finds the command, has its options read,
 * runs it, and prints the one error that may have stopped it.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/attributes.h"
#include "commands/command.h"
#include "commands/signals.h"
#include "reports/options/completions.h"
#include "reports/options/manual.h"
#include "reports/options/options.h"
#include "reports/options/values.h"

struct command {
    const char *name;
    const char *arguments;
    const char *purpose; /* one line */
    enum command_bit options;
    /* False and *error where the operands are not what it takes. */
    bool (*takes)(const struct command *command, const struct options *options,
                  struct error *error);
    int (*run)(const struct options *options, struct error *error); /* see command.h */
    const char *details;                                            /* for `help COMMAND` */
};

/* ---- operands ---- */

static bool takes_captures(const struct command *command UNUSED, const struct options *options,
                           struct error *error)
{
    return options->n_operands > 0 ||
           error_set(error, ERROR_USAGE,
                     "which capture? analyze needs a FILE, or - for standard input");
}

static bool takes_interfaces(const struct command *command UNUSED, const struct options *options,
                             struct error *error)
{
    if (options->n_operands > 0)
        return error_set(error, ERROR_USAGE, "live reads no files: `wire304 analyze %s`?",
                         options->operands[0]);
    return options->interfaces.n > 0 ||
           error_set(error, ERROR_USAGE,
                     "where is it to listen? live needs -i IFACE (`ip link` lists them)");
}

static bool takes_nothing(const struct command *command, const struct options *options,
                          struct error *error)
{
    return options->n_operands == 0 ||
           error_set(error, ERROR_USAGE, "%s takes no argument; `wire304 explain %s`?",
                     command->name, options->operands[0]);
}

static bool takes_one(const struct command *command, const struct options *options,
                      struct error *error)
{
    return options->n_operands == 1 || error_set(error, ERROR_USAGE, "%s takes one argument: %s",
                                                 command->name, command->arguments);
}

static bool takes_two(const struct command *command, const struct options *options,
                      struct error *error)
{
    return options->n_operands == 2 || error_set(error, ERROR_USAGE, "%s takes two arguments: %s",
                                                 command->name, command->arguments);
}

static bool takes_audits(const struct command *command, const struct options *options,
                         struct error *error)
{
    return options->n_operands == 2 || error_set(error, ERROR_USAGE, "%s takes two audits: %s",
                                                 command->name, command->arguments);
}

static bool takes_clients(const struct command *command, const struct options *options,
                          struct error *error)
{
    if (options->selection.clients.n == 0)
        return error_set(error, ERROR_USAGE, "who is to be forgotten? forget needs --client");
    return takes_one(command, options, error);
}

// clang-format off
static const struct command commands[] = {
    {"analyze", "[-o DB] [options] FILE...", "read captures, write the audit database, print the summary",
     FOR_ANALYZE, takes_captures, run_analyze,
     "FILE is a capture (pcap or pcapng, also compressed with gzip or zstd), or - for standard input.\n"
     "Several files are one capture: packets are merged by time, and connections go on across files.\n"
     "The result is an SQLite database; an existing one is replaced when the run is finished, never before.\n"
     "\n"
     "Examples:\n"
     "  wire304 analyze site.pcap\n"
     "  tcpdump -U -w - tcp | wire304 analyze -o audit.db -\n"
     "  wire304 analyze --host '*.example.org' --from +10m --until +20m ring-*.pcap.gz\n"
     "  wire304 analyze -q --fail-on error --fail-on 'avoidable>5%' nightly.pcapng\n"},
    {"live", "[-o DB] [options] -i IFACE", "the same from an interface, until it is stopped", FOR_LIVE, takes_interfaces, run_live,
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
    {"report", "[--format F] [-o OUT] DB", "the summary of an audit database", FOR_REPORT, takes_one, run_report,
     "Example:\n"
     "  wire304 report site.wire304.db | less -R\n"},
    {"evidence", "[-o OUT.pcapng] DB FINDING", "the packets that prove a finding, as a capture", FOR_EVIDENCE, takes_two, run_evidence,
     "FINDING is the id of a finding, or the key of an issue, as the reports show them. The packets are\n"
     "read again from the captures that were analysed, which must still be where they were; each that\n"
     "begins a message says so in a packet comment, for Wireshark. With the accused exchange and its\n"
     "reference come the others of the same URL that bear on the verdict.\n"
     "\n"
     "Examples:\n"
     "  wire304 evidence -o proof.pcapng site.wire304.db 12\n"
     "  wire304 evidence site.wire304.db 5f0a9c1d2e3b4a68 | tshark -r - -V | less\n"},
    {"compare", "BEFORE.db AFTER.db", "what was fixed, what remains, what is new", FOR_COMPARE, takes_audits, run_compare,
     "An issue that is gone is fixed only if its URLs were asked for again, often enough and in the way\n"
     "that its rule looks at; else it is not exercised. What is fixed counts as saved, at the rate per\n"
     "request that it cost before, for the requests of the later audit.\n"
     "\n"
     "Examples:\n"
     "  wire304 compare monday.wire304.db tuesday.wire304.db\n"
     "  wire304 compare --fail-on new-error main.db branch.db          in a pipeline\n"
     "  wire304 compare --format markdown main.db branch.db            for a pull request\n"},
    {"forget", "--client GLOB DB", "takes somebody's exchanges out of an audit database", FOR_FORGET, takes_clients, run_forget,
     "Removes the client's exchanges, with what proxies sent because of them, their findings, heads and\n"
     "connections, and every text that nobody else used, from the octets of the file too. Sums are made\n"
     "anew of the rest. The captures, and reports made before, are not reached.\n"
     "\n"
     "Example:\n"
     "  wire304 forget --client 192.0.2.7 site.wire304.db\n"},
    {"rules", "[--why DB] [--flaws]", "the catalogue of rules; what an audit could check", FOR_RULES, takes_nothing, run_rules,
     "Examples:\n"
     "  wire304 rules\n"
     "  wire304 rules --why site.wire304.db     what each rule examined, and what withheld it\n"
     "  wire304 rules --flaws                   the words in exchanges.flaws\n"
     "  wire304 rules --format markdown         all of it as a page\n"},
    {"explain", "RULE", "what a rule means and what to do about it", FOR_EXPLAIN, takes_one, run_explain,
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
    if (command->details)
        printf("%s\n", command->details);
    printf("Options:\n");
    options_print(stdout, command->options);
}

/* `help --man` and `help --completions SHELL`, for those who package it. */
static int print_for_packagers(int argc, char **argv, struct error *error)
{
    struct manual_command shown[COUNT_OF(commands)];
    const unsigned n = COUNT_OF(commands);
    for (unsigned i = 0; i < n; i++)
        shown[i] =
            (struct manual_command){commands[i].name, commands[i].arguments, commands[i].purpose,
                                    commands[i].details, commands[i].options};
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
    if (*name == '-')
        return error_set(error, ERROR_USAGE,
                         "%s stands before any command: options come after it, as in `wire304 "
                         "analyze -q FILE`",
                         name);
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

static int run_command(const struct command *command, int argc, char **argv, struct error *error)
{
    struct options options;
    int code = EXIT_USAGE;
    if (options_parse(&options, command->options, argc, argv, error)) {
        if (options.help) {
            print_command_help(command);
            code = EXIT_DONE;
        } else if (command->takes(command, &options, error)) {
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
