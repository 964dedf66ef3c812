# SPDX-License-Identifier: MIT
"""Completions, in the shells themselves.

usage: completions.py BINARY SOURCE

bash must be there; zsh and fish are asked where they are. Prints a line per complaint; exits 1 if any.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

BINARY, SOURCE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
FOLDER = f"{SOURCE}/cmake/completions"
FILES = {"bash": "wire304.bash", "zsh": "_wire304", "fish": "wire304.fish"}

# words on the line, the last of them being completed: what must be offered, what must not
CASES = [
    (["wire304", ""], {"analyze", "report", "explain", "help"}, {"--heads"}),
    (["wire304", "ana"], {"analyze"}, {"report"}),
    (["wire304", "analyze", "--pri"], {"--privacy", "--price"}, {"--redact"}),
    (["wire304", "analyze", "--privacy", "st"], {"standard", "strict"}, {"full"}),
    (["wire304", "report", "--format", ""], {"html", "har", "trace"}, {"findings"}),
    (["wire304", "compare", "--format", ""], {"markdown"}, {"har"}),
    (["wire304", "report", "--table", "waste_"], {"waste_by_host"}, {"issues"}),
    (["wire304", "explain", "304-missing-e"], {"304-missing-etag", "304-missing-expires"}, {"304-missing-date"}),
    (["wire304", "help", "ev"], {"evidence"}, {"report"}),
    (["wire304", "analyze", "some"], {"some capture.pcap"}, {"analyze"}),
]
LISTS = [(["wire304", "analyze", "--only", "304-*,unconditional-re"], {"304-*,unconditional-refetch"}, {"unconditional-refetch"})]


def run(*words, **how):
    return subprocess.run(words, capture_output=True, text=True, timeout=600, **how)


def bash(words, folder):
    script = f"""source {FOLDER}/{FILES['bash']}
COMP_WORDS=("$@"); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); COMP_LINE="$*"; COMP_POINT=${{#COMP_LINE}}
$(complete -p wire304 | sed 's/.*-F \\([^ ]*\\).*/\\1/')
printf '%s\\n' "${{COMPREPLY[@]}}" """
    done = run("bash", "-c", script, "bash", *words, cwd=folder)
    return done.stdout.splitlines(), done.stderr


def fish(words, folder):
    line = " ".join(re.sub(r"([*\\ ])", r"\\\1", word) for word in words)
    done = run("fish", "--no-config", "-c", f"source {FOLDER}/{FILES['fish']}; complete -C {line!r}", cwd=folder,
               env={**os.environ, "HOME": folder})
    return [row.split("\t")[0].replace("\\", "") for row in done.stdout.splitlines()], done.stderr


# zsh completes for a terminal alone: here it is asked which specifications it would hand to its own functions
ZSH = r"""
_arguments() { print -rl -- "$@" }
_describe() { print -rl -- ${(P)2} }
source %s
words=("$@"); CURRENT=$#words
_wire304
"""
ZSH_CASES = [
    (["wire304", ""], ["analyze:", "report:", "help:"], ["--heads"]),
    (["wire304", "analyze", ""], ["--privacy=[", "(full standard strict)", "*--only=[", "_values -s , word", "_files"], ["--redact"]),
    (["wire304", "report", ""], ["--redact[", "(terminal html json ndjson csv markdown har trace)", "waste_by_host"], ["--privacy"]),
    (["wire304", "explain", ""], ["304-missing-etag"], ["_files"]),
]


def zsh(words):
    # compdef is of the completion system, which is not loaded
    done = run("zsh", "-f", "-c", "compdef() { : };" + ZSH % f"{FOLDER}/{FILES['zsh']}", "zsh", *words)
    return done.stdout, done.stderr


def ask_zsh():
    for words, wanted, unwanted in ZSH_CASES:
        said, trouble = zsh(words)
        if trouble.strip():
            yield f"zsh: {' '.join(words)}: {trouble.strip()}"
        if any(word not in said for word in wanted) or any(word in said for word in unwanted):
            yield f"zsh: {' '.join(words)}: {said[:600]}"


def ask(shell, complete, cases, folder):
    for words, wanted, unwanted in cases:
        offered, trouble = complete(words, folder)
        if trouble.strip():
            yield f"{shell}: {' '.join(words)}: {trouble.strip()}"
        if wanted - set(offered) or unwanted & set(offered):
            yield f"{shell}: {' '.join(words)}: offers {offered[:20]}, not {wanted}"


def complaints():
    for shell, name in FILES.items():
        with open(f"{FOLDER}/{name}", encoding="utf-8") as file:
            if run(BINARY, "help", "--completions", shell).stdout != file.read():
                yield f"cmake/completions/{name} is not what the program prints: `cmake --build BUILD --target manual`"
        if shutil.which(shell):
            wrong = run(shell, "-n", f"{FOLDER}/{name}")
            if wrong.returncode or wrong.stderr:
                yield f"{shell}: {wrong.stderr}"
    if run(BINARY, "help", "--completions", "csh").returncode != 2:
        yield "a shell that is not known is no mistake"
    with tempfile.TemporaryDirectory() as folder:
        open(f"{folder}/some capture.pcap", "w", encoding="utf-8").close()
        yield from ask("bash", bash, CASES + LISTS, folder)
        if shutil.which("fish"):
            yield from ask("fish", fish, CASES, folder)
        if shutil.which("zsh"):
            yield from ask_zsh()


found = list(complaints())
print("\n".join(found) or f"bash{', fish' if shutil.which('fish') else ''}{', zsh' if shutil.which('zsh') else ''}: all is offered")
sys.exit(1 if found else 0)
