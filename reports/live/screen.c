/* SPDX-License-Identifier: MIT */
/*
 * ncurses over standard error and input. What stands on the screen is escaped (board.h), so that
 * nothing from the wire steers the terminal; where the locale is not UTF-8, what is not ASCII
 * becomes "?". Lists are read when a commit brought something; a paused view keeps what it has.
 */

#include "reports/live/screen.h"

#include <curses.h>
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "reports/formats/escape.h"
#include "reports/live/board.h"
#include "reports/options/values.h"

enum { DRAW_NS = 250000000, REASONS = 12, LEAST_LINES = 12, LEAST_COLUMNS = 50 };
enum color { PLAIN, RED, YELLOW, CYAN, GREEN };
enum page { PAGE_LISTS, PAGE_CARD, PAGE_HELP };

/* Sums at one moment, for rates. */
struct moment {
    int64_t at_ns;
    uint64_t packets, octets, exchanges, findings, lost;
};

struct screen {
    SCREEN *terminal;
    FILE *out;
    struct board board;
    char what[128], said[160];
    bool is_utf8, has_color, is_taken, is_left, is_paused, wants_draw;
    int64_t began_ns, now_ns, drawn_ns, issues_read_ns;
    struct status_facts facts;
    struct moment last, before; /* of the two latest commits */
    uint64_t by_kernel, by_interface, late;
    size_t gone; /* interfaces that cannot be read any more */
    struct {
        const char *reason; /* NULL: read */
        uint64_t bytes;
    } reasons[REASONS];
    unsigned n_reasons;
    enum board_order order;
    enum page page;
    bool in_latest; /* which list the keys are for */
    unsigned chosen[2];
    char *card; /* text of PAGE_CARD */
    unsigned scrolled;
};

/* ------------------------------------------------------------------ the terminal */

struct screen *screen_open(const char *what, struct audit *audit, bool color)
{
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return NULL;
    setlocale(LC_CTYPE, "");
    FILE *out = fdopen(dup(STDERR_FILENO), "w");
    SCREEN *terminal = out ? newterm(NULL, out, stdin) : NULL;
    if (!terminal) {
        if (out)
            fclose(out);
        return NULL;
    }
    struct screen *screen = xcalloc(1, sizeof *screen);
    screen->terminal = terminal;
    screen->out = out;
    screen->is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    screen->has_color = color && has_colors();
    escape_text(slice_of_text(what), 60, screen->what, sizeof screen->what);
    endwin(); /* until it is drawn */
    board_init(&screen->board, audit);
    return screen;
}

static void take(struct screen *screen)
{
    signal(SIGTSTP, SIG_IGN); /* a capture that stands still would only lose packets */
    set_term(screen->terminal);
    cbreak();
    noecho();
    curs_set(0);
    nodelay(stdscr, TRUE);
    keypad(stdscr, TRUE);
    set_escdelay(25);
    if (screen->has_color) {
        start_color();
        use_default_colors();
        init_pair(RED, COLOR_RED, -1);
        init_pair(YELLOW, COLOR_YELLOW, -1);
        init_pair(CYAN, COLOR_CYAN, -1);
        init_pair(GREEN, COLOR_GREEN, -1);
    }
    screen->is_taken = true;
    screen->began_ns = screen->now_ns;
}

void screen_leave(struct screen *screen)
{
    if (screen->is_taken && !screen->is_left)
        endwin();
    screen->is_left = true;
}

void screen_close(struct screen *screen)
{
    if (!screen)
        return;
    screen_leave(screen);
    delscreen(screen->terminal);
    fclose(screen->out);
    free(screen->card);
    free(screen);
}

/* ------------------------------------------------------------------ what is told */

/* Steps in a list of `n`, as far as it goes. */
static unsigned moved(unsigned from, int by, unsigned n)
{
    if (by < 0)
        return from > (unsigned)-by ? from - (unsigned)-by : 0;
    unsigned to = from + (unsigned)by;
    return to < n ? to : n ? n - 1 : 0;
}

void screen_begin_coverage(struct screen *screen)
{
    for (unsigned i = 0; i < screen->n_reasons; i++)
        screen->reasons[i].bytes = 0;
}

void screen_coverage(struct screen *screen, const struct coverage *coverage)
{
    unsigned i = 0;
    while (i < screen->n_reasons &&
           (!coverage->reason || !screen->reasons[i].reason
                ? coverage->reason != screen->reasons[i].reason
                : strcmp(coverage->reason, screen->reasons[i].reason) != 0))
        i++;
    if (i == REASONS)
        return;
    if (i == screen->n_reasons)
        screen->reasons[screen->n_reasons++].reason = coverage->reason;
    screen->reasons[i].bytes += coverage->bytes;
}

static void sum_inputs(struct screen *screen, const struct source *source, struct moment *moment)
{
    screen->by_kernel = screen->by_interface = screen->late = 0;
    screen->gone = 0;
    for (size_t i = 0; i < source_inputs(source); i++) {
        const struct input *input = source_input(source, i);
        moment->packets += input->packets;
        moment->octets += input->octets_read;
        screen->by_kernel += input->dropped_by_kernel;
        screen->by_interface += input->dropped_by_interface;
        screen->late += input->late;
        screen->gone += input->state != INPUT_WHOLE;
    }
    moment->lost = screen->by_kernel + screen->by_interface;
}

void screen_commit(struct screen *screen, const struct source *source,
                   const struct status_facts *facts)
{
    struct moment now = {
        .at_ns = screen->now_ns, .exchanges = facts->exchanges, .findings = facts->findings};
    if (screen->is_left)
        return;
    sum_inputs(screen, source, &now);
    screen->before = screen->last;
    screen->last = now;
    screen->facts = *facts;
    if (screen->is_paused)
        return;
    screen->wants_draw = true;
    unsigned new = board_read_latest(&screen->board);
    if (screen->in_latest) /* what was chosen stays chosen */
        screen->chosen[1] = moved(screen->chosen[1], (int)new, screen->board.latest.n);
    if (screen->now_ns - screen->issues_read_ns >= INT64_C(2000000000)) {
        screen->issues_read_ns = screen->now_ns;
        board_read_issues(&screen->board, screen->order);
    }
}

void screen_say(struct screen *screen, const char *text)
{
    escape_text(slice_of_text(text), 0, screen->said, sizeof screen->said);
    screen->wants_draw = true;
}

void screen_step_aside(struct screen *screen)
{
    if (screen->is_left || !screen->is_taken)
        return;
    endwin();
    screen_say(screen, "something was said on standard error: it stands there when this ends");
}

void screen_rotated(struct screen *screen)
{
    board_init(&screen->board, screen->board.audit);
    screen->chosen[0] = screen->chosen[1] = 0;
    screen->page = PAGE_LISTS;
}

/* ------------------------------------------------------------------ drawing */

static void set_look(const struct screen *screen, enum color color, attr_t attributes)
{
    attr_set(attributes, screen->has_color ? (short)color : 0, NULL);
}

/* Text that is safe, cut at the screen's edge. */
static void put(const struct screen *screen, int line, int column, const char *text)
{
    char cut[1024];
    if (column >= COLS || line >= LINES)
        return;
    unsigned room = (unsigned)(COLS - column);
    snprintf(cut, sizeof cut, "%s", text);
    if (text_columns(slice_of_text(cut)) > room) {
        size_t n = strlen(cut);
        while (n && (text_columns(slice_of(cut, n)) > room - 1 || (cut[n] & 0xc0) == 0x80))
            n--;
        snprintf(cut + n, sizeof cut - n, "%s", screen->is_utf8 ? "…" : "~");
    }
    for (char *at = cut; *at && !screen->is_utf8; at++)
        if (*at & 0x80)
            *at = '?';
    mvaddstr(line, column, cut);
}

static void put_bar(const struct screen *screen, int line, const char *text)
{
    set_look(screen, PLAIN, A_REVERSE);
    mvhline(line, 0, ' ', COLS);
    put(screen, line, 1, text);
    set_look(screen, PLAIN, A_NORMAL);
}

static double rate(const struct screen *screen, uint64_t now, uint64_t before)
{
    double seconds = (double)(screen->last.at_ns - screen->before.at_ns) / 1e9;
    return screen->before.at_ns && seconds > 0 && now >= before ? (double)(now - before) / seconds
                                                                : 0;
}

static void draw_title(const struct screen *screen)
{
    char text[256];
    int64_t s = (screen->now_ns - screen->began_ns) / INT64_C(1000000000);
    snprintf(text, sizeof text, "wire304 live  %s  %" PRId64 ":%02d:%02d%s", screen->what, s / 3600,
             (int)(s / 60 % 60), (int)(s % 60), screen->is_paused ? "  PAUSED" : "");
    put_bar(screen, 0, text);
}

/* 80 columns are enough for these. */
static void draw_rates(const struct screen *screen)
{
    char text[256], octets[24];
    const struct moment *last = &screen->last, *before = &screen->before;
    snprintf(text, sizeof text, "%8.0f packets/s %10s/s %9.0f exchanges/s %9.0f findings/s",
             rate(screen, last->packets, before->packets),
             size_text((uint64_t)rate(screen, last->octets, before->octets), octets),
             rate(screen, last->exchanges, before->exchanges),
             rate(screen, last->findings, before->findings));
    put(screen, 1, 0, text);
    snprintf(text, sizeof text,
             "%8" PRIu64 " packets   %10s   %9" PRIu64 " exchanges   %9" PRIu64 " findings",
             last->packets, size_text(last->octets, octets), last->exchanges, last->findings);
    put(screen, 2, 0, text);
    snprintf(text, sizeof text, "%8s avoidable", size_text(screen->facts.avoidable_bytes, octets));
    put(screen, 3, 0, text);
}

static void draw_losses(const struct screen *screen)
{
    char text[256];
    bool is_losing = screen->last.lost > screen->before.lost;
    snprintf(text, sizeof text,
             "lost: %" PRIu64 " packets by the kernel, %" PRIu64 " by the interface%s",
             screen->by_kernel, screen->by_interface, is_losing ? ", and going on" : "");
    set_look(screen, screen->last.lost ? RED : GREEN, is_losing ? A_BOLD : A_NORMAL);
    put(screen, 3, 22, text);
    if (screen->gone) {
        snprintf(text, sizeof text, "    %zu of the interfaces cannot be read any more",
                 screen->gone);
        set_look(screen, RED, A_BOLD);
        put(screen, 5, 0, text);
    } else if (screen->said[0]) {
        set_look(screen, YELLOW, A_NORMAL);
        put(screen, 5, 4, screen->said);
    }
    set_look(screen, PLAIN, A_NORMAL);
}

static void draw_coverage(const struct screen *screen)
{
    char text[512] = "";
    uint64_t all = 0, audited = 0;
    for (unsigned i = 0; i < screen->n_reasons; i++) {
        all += screen->reasons[i].bytes;
        if (!screen->reasons[i].reason)
            audited = screen->reasons[i].bytes;
    }
    if (!all) {
        put(screen, 4, 0, " audited: nothing was seen yet");
        return;
    }
    int n = snprintf(text, sizeof text, " audited: %.0f%% of the bytes",
                     100.0 * (double)audited / (double)all);
    for (unsigned i = 0; i < screen->n_reasons && (size_t)n < sizeof text; i++)
        if (screen->reasons[i].reason && screen->reasons[i].bytes * 200 >= all)
            n += snprintf(text + n, sizeof text - (size_t)n, ", %s %.0f%%",
                          screen->reasons[i].reason,
                          100.0 * (double)screen->reasons[i].bytes / (double)all);
    put(screen, 4, 0, text);
}

static enum color color_of(enum severity severity)
{
    return severity == SEVERITY_ERROR     ? RED
           : severity == SEVERITY_WARNING ? YELLOW
           : severity == SEVERITY_WASTE   ? CYAN
                                          : PLAIN;
}

/* Its name, cut where there is little room and filled up to a column. */
static void rule_text(const struct screen *screen, const char *id, char *text, size_t size)
{
    int width = COLS < 72 ? 20 : COLS < 90 ? 29 : 32;
    bool fits = strlen(id) <= (size_t)width;
    snprintf(text, size, "%-*.*s%s", fits ? width : width - 1, fits ? width : width - 1, id,
             fits              ? ""
             : screen->is_utf8 ? "…"
                               : "~");
}

static void row_text(const struct screen *screen, const struct board_row *row, bool is_issue,
                     char *text, size_t size)
{
    char octets[24], moment[16] = "", rule[64];
    time_t seconds = (time_t)(row->at_us / 1000000);
    struct tm local;
    strftime(moment, sizeof moment, "%H:%M:%S", gmtime_r(&seconds, &local));
    rule_text(screen, row->rule ? row->rule->id : "", rule, sizeof rule);
    if (is_issue)
        snprintf(text, size, "%9s %7" PRIu64 "  %-7s %s %s", size_text(row->octets, octets),
                 row->exchanges, severity_word(row->severity), rule, row->place);
    else
        snprintf(text, size, "%s  %-7s %s %s", moment, severity_word(row->severity), rule,
                 row->place);
}

static void draw_list(const struct screen *screen, const struct board_list *list, bool is_latest,
                      int first, int lines)
{
    char text[BOARD_PLACE + 128];
    unsigned chosen = screen->chosen[is_latest];
    unsigned top = chosen >= (unsigned)lines ? chosen - (unsigned)lines + 1 : 0;
    for (int i = 0; i < lines && top + (unsigned)i < list->n; i++) {
        const struct board_row *row = &list->rows[top + (unsigned)i];
        bool is_chosen = top + (unsigned)i == chosen && screen->in_latest == is_latest;
        set_look(screen, color_of(row->severity), is_chosen ? A_REVERSE : A_NORMAL);
        if (is_chosen)
            mvhline(first + i, 0, ' ', COLS);
        row_text(screen, row, !is_latest, text, sizeof text);
        put(screen, first + i, 0, text);
    }
    set_look(screen, PLAIN, A_NORMAL);
    if (!list->n)
        put(screen, first, 2, is_latest ? "no error and no warning yet" : "no issue yet");
}

static void draw_lists(const struct screen *screen)
{
    char text[128];
    int gap = LINES >= 20, room = LINES - 9 - gap, upper = (room + 1) / 2;
    int second = 7 + upper + gap;
    snprintf(text, sizeof text, "issues by %s (bytes, exchanges, severity, rule, where)",
             board_order_word(screen->order));
    set_look(screen, PLAIN, A_BOLD);
    put(screen, 6, 0, text);
    put(screen, second, 0, "latest errors and warnings (UTC)");
    set_look(screen, PLAIN, A_NORMAL);
    draw_list(screen, &screen->board.issues, false, 7, upper);
    draw_list(screen, &screen->board.latest, true, second + 1, room - upper);
    put_bar(screen, LINES - 1,
            COLS < 80
                ? "q quit  p pause  s sort  Tab list  Enter open  ? help"
                : "q quit  p pause  s sort  Tab other list  Up Down choose  Enter open  ? help");
}

/* Lines of `text` from `scrolled` on. */
static void draw_text(const struct screen *screen, const char *text)
{
    char line[512];
    for (unsigned i = 0; i < screen->scrolled && strchr(text, '\n'); i++)
        text = strchr(text, '\n') + 1;
    for (int i = 2; i < LINES - 1 && *text; i++) {
        size_t length = strcspn(text, "\n");
        snprintf(line, sizeof line, "%.*s", (int)length, text);
        put(screen, i, 1, line);
        text += length + (text[length] == '\n');
    }
    put_bar(screen, LINES - 1, "Esc back  Up Down scroll  q quit");
}

static const char help_text[] =
    "q            stop, judge what waits, print the summary\n"
    "p, Space     pause the view; the capture goes on\n"
    "s            sort the issues: by avoidable bytes, by what another policy\n"
    "             would spare, by exchanges, by the latest\n"
    "Tab          the other list\n"
    "Up Down j k  choose; Page keys, Home and End too\n"
    "Enter        look into what is chosen: what was found, what it means,\n"
    "             what to do\n"
    "Ctrl-L       draw all of it again\n"
    "? h          this page\n"
    "\n"
    "An issue is the findings of one rule at one place. Its bytes are brought\n"
    "up to date every ten seconds; the rest every second. Everything is in the\n"
    "database, which may be read at any moment: wire304 report DB.\n";

static void draw(struct screen *screen)
{
    screen->wants_draw = false;
    screen->drawn_ns = screen->now_ns;
    erase();
    set_look(screen, PLAIN, A_NORMAL);
    if (LINES < LEAST_LINES || COLS < LEAST_COLUMNS) {
        put(screen, 0, 0, "too small for wire304; q quits");
        refresh();
        return;
    }
    draw_title(screen);
    if (screen->page == PAGE_LISTS) {
        draw_rates(screen);
        draw_losses(screen);
        draw_coverage(screen);
        draw_lists(screen);
    } else {
        draw_text(screen, screen->page == PAGE_HELP ? help_text : screen->card);
    }
    refresh();
}

/* ------------------------------------------------------------------ keys */

static const struct board_list *list_at_hand(const struct screen *screen)
{
    return screen->in_latest ? &screen->board.latest : &screen->board.issues;
}

static void look_into(struct screen *screen)
{
    const struct board_list *list = list_at_hand(screen);
    unsigned chosen = screen->chosen[screen->in_latest];
    size_t size;
    if (chosen >= list->n)
        return;
    free(screen->card);
    screen->card = NULL;
    FILE *to = open_memstream(&screen->card, &size);
    board_print_card(&screen->board, list->rows[chosen].finding, COLS > 4 ? (unsigned)COLS - 3 : 1,
                     to);
    fclose(to);
    screen->page = PAGE_CARD;
    screen->scrolled = 0;
}

static int step_of(int key)
{
    switch (key) {
    case KEY_UP:
    case 'k':
        return -1;
    case KEY_DOWN:
    case 'j':
        return 1;
    case KEY_PPAGE:
        return -10;
    case KEY_NPAGE:
        return 10;
    case KEY_HOME:
        return -BOARD_ROWS * 8;
    case KEY_END:
        return BOARD_ROWS * 8;
    default:
        return 0;
    }
}

static void sort_next(struct screen *screen)
{
    screen->order = (screen->order + 1) % BOARD_ORDERS;
    screen->chosen[0] = 0;
    board_read_issues(&screen->board, screen->order);
}

static unsigned lines_of(const char *text)
{
    unsigned n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void on_key_of_page(struct screen *screen, int key)
{
    const char *text = screen->page == PAGE_HELP ? help_text : screen->card;
    if (step_of(key))
        screen->scrolled = moved(screen->scrolled, step_of(key), lines_of(text));
    else
        screen->page = PAGE_LISTS;
}

static void on_key_of_lists(struct screen *screen, int key)
{
    unsigned *chosen = &screen->chosen[screen->in_latest];
    if (step_of(key))
        *chosen = moved(*chosen, step_of(key), list_at_hand(screen)->n);
    else if (key == 'p' || key == ' ')
        screen->is_paused = !screen->is_paused;
    else if (key == 's')
        sort_next(screen);
    else if (key == '\t')
        screen->in_latest = !screen->in_latest;
    else if (key == '\n' || key == KEY_ENTER)
        look_into(screen);
}

/* False: quit. */
static bool on_key(struct screen *screen, int key)
{
    screen->wants_draw = true;
    if (key == 'q' || key == 'Q')
        return false;
    if (key == 'L' - '@')
        clearok(curscr, TRUE);
    else if (key == KEY_RESIZE)
        return true;
    else if (key == '?' || key == 'h') {
        screen->page = PAGE_HELP;
        screen->scrolled = 0;
    } else if (screen->page == PAGE_LISTS)
        on_key_of_lists(screen, key);
    else
        on_key_of_page(screen, key);
    return true;
}

bool screen_turn(struct screen *screen, int64_t now_ns)
{
    if (screen->is_left)
        return true;
    screen->now_ns = now_ns;
    if (!screen->is_taken) {
        take(screen);
        screen->wants_draw = true;
    }
    for (int key, n = 0; n < 16 && (key = getch()) != ERR; n++)
        if (!on_key(screen, key))
            return false;
    bool ticks = !screen->is_paused && now_ns - screen->drawn_ns >= INT64_C(1000000000);
    if (ticks || (screen->wants_draw && now_ns - screen->drawn_ns >= DRAW_NS / 5))
        draw(screen);
    return true;
}
