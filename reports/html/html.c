/* SPDX-License-Identifier: MIT */
/* How text, numbers and times become HTML. HTML Living Standard §13.1.2.6: in text and in
 * attributes with double quotes, '&', '<', '>', '"' and "'" as references leave nothing that ends
 * either. */

#include "reports/html/html.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "reports/formats/escape.h"
#include "reports/limits.h"
#include "reports/options/values.h"

void html_put(struct html *html, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vfprintf(html->to, format, arguments);
    va_end(arguments);
    if (n > 0)
        html->written += (uint64_t)n;
}

static void put_reference(struct html *html, char c)
{
    switch (c) {
    case '&':
        html_put(html, "&amp;");
        break;
    case '<':
        html_put(html, "&lt;");
        break;
    case '>':
        html_put(html, "&gt;");
        break;
    case '"':
        html_put(html, "&#34;");
        break;
    case '\'':
        html_put(html, "&#39;");
        break;
    default:
        break;
    }
}

void html_text(struct html *html, const char *text)
{
    while (*text) {
        size_t plain = strcspn(text, "&<>\"'");
        html->written += fwrite(text, 1, plain, html->to);
        text += plain;
        if (*text)
            put_reference(html, *text++);
    }
}

void html_wire(struct html *html, struct slice text, unsigned columns)
{
    char shown[4 * LIMIT_SHOWN_TEXT];
    escape_text(text, columns ? columns : LIMIT_SHOWN_TEXT, shown, sizeof shown);
    html_text(html, shown);
}

void html_wire_breaking(struct html *html, struct slice text, unsigned columns)
{
    char shown[4 * LIMIT_SHOWN_TEXT], piece[4 * LIMIT_SHOWN_TEXT];
    escape_text(text, columns ? columns : LIMIT_SHOWN_TEXT, shown, sizeof shown);
    for (const char *at = shown; *at;) {
        size_t n = strcspn(at, "/?&,;");
        n += strspn(at + n, "/?&,;");
        memcpy(piece, at, n);
        piece[n] = '\0';
        html_text(html, piece);
        at += n;
        if (*at)
            html_put(html, "<wbr/>");
    }
}

/* ------------------------------------------------------------------ numbers */

static char *share_text(uint64_t part, uint64_t whole, char text[16])
{
    double share = whole ? 100.0 * (double)part / (double)whole : 0;
    if (whole == 0)
        snprintf(text, 16, "-");
    else if (part && share < 0.05)
        snprintf(text, 16, "<0.1 %%");
    else if (part < whole && share > 99.9)
        snprintf(text, 16, ">99.9 %%");
    else
        snprintf(text, 16, "%.1f %%", share);
    return text;
}

void html_size(struct html *html, uint64_t octets)
{
    char size[24], exact[32];
    if (octets < 10000)
        html_put(html, "%s", size_text(octets, size));
    else
        html_put(html, "<span title=\"%s octets\">%s</span>", number_text(octets, exact),
                 size_text(octets, size));
}

void html_count(struct html *html, uint64_t number)
{
    char text[32];
    html_put(html, "%s", number_text(number, text));
}

void html_share(struct html *html, uint64_t part, uint64_t whole)
{
    char text[16];
    html_text(html, share_text(part, whole, text));
}

void html_cell_size(struct html *html, uint64_t octets)
{
    html_put(html, "<td class=\"n%s\" data-v=\"%" PRIu64 "\">", octets ? "" : " z", octets);
    html_size(html, octets);
    html_put(html, "</td>");
}

void html_cell_count(struct html *html, uint64_t number)
{
    html_put(html, "<td class=\"n%s\" data-v=\"%" PRIu64 "\">", number ? "" : " z", number);
    html_count(html, number);
    html_put(html, "</td>");
}

void html_cell_share(struct html *html, uint64_t part, uint64_t whole)
{
    double share = whole ? (double)part / (double)whole : -1;
    html_put(html, "<td class=\"n%s\" data-v=\"%.6f\">", part ? "" : " z", share);
    html_share(html, part, whole);
    html_put(html, "</td>");
}

void html_cell_wire(struct html *html, struct slice text, unsigned columns)
{
    html_put(html, "<td class=\"w\">");
    html_wire_breaking(html, text, columns);
    html_put(html, "</td>");
}

/* ------------------------------------------------------------------ times */

static struct tm utc_of(int64_t us)
{
    int64_t seconds = us / 1000000 - (us % 1000000 < 0);
    time_t when = (time_t)seconds;
    struct tm utc = {0};
    gmtime_r(&when, &utc);
    return utc;
}

void html_date(struct html *html, int64_t us)
{
    char text[40];
    struct tm utc = utc_of(us);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &utc);
    html_put(html, "%s", text);
}

void html_clock(struct html *html, int64_t us)
{
    int64_t fraction = us % 1000000;
    struct tm utc = utc_of(us);
    html_put(html, "%02d:%02d:%02d.%03d", utc.tm_hour, utc.tm_min, utc.tm_sec,
             (int)((fraction < 0 ? fraction + 1000000 : fraction) / 1000));
}

bool html_has_room(const struct html *html)
{
    return html->written < LIMIT_HTML_PAGE;
}
