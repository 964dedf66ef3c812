# SPDX-License-Identifier: MIT
# Turns a text file into a C file with its octets and the base64 of its SHA-256:
#     cmake -DFROM=html.css -DTO=html_css.c -DNAME=html_css -P embed.cmake
file(READ ${FROM} octets HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," octets "${octets}")
string(REPEAT "0x..," 16 line)
string(REGEX REPLACE "(${line})" "\\1\n" octets "${octets}")

# Three digits of the hash are two letters of base64; one is left over, and the last four bits make a
# letter with two zeros (RFC 4648 §4).
set(letters "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
file(SHA256 ${FROM} hash)
set(base64 "")
foreach(at RANGE 0 60 3)
    string(SUBSTRING ${hash} ${at} 3 digits)
    math(EXPR high "0x${digits} >> 6")
    math(EXPR low "0x${digits} & 63")
    string(SUBSTRING ${letters} ${high} 1 first)
    string(SUBSTRING ${letters} ${low} 1 second)
    string(APPEND base64 "${first}${second}")
endforeach()
string(SUBSTRING ${hash} 63 1 digit)
math(EXPR last "0x${digit} << 2")
string(SUBSTRING ${letters} ${last} 1 letter)
string(APPEND base64 "${letter}=")

get_filename_component(file ${FROM} NAME)
file(WRITE ${TO} "/* Made of ${file} by cmake/embed.cmake. */
#include \"reports/html/files.h\"

const char ${NAME}[] = {
${octets}0};
const char ${NAME}_sha256[] = \"${base64}\";
")
