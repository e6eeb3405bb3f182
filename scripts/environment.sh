# Sourced by the scripts beside it: sets up everything that they need, on a machine that never saw the project.
# After `need_python [EXTRA]`, $python is the interpreter of .venv with the package installed in it.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
venv=$root/.venv

say() { printf '%s\n' "$*" >&2; }
fail() { say "$0: $*"; exit 2; }

# Debian packages: installed when we are root, else the user is told the command.
need_debian() {
    local missing=() pair
    for pair in "$@"; do # command=package
        command -v "${pair%%=*}" >/dev/null || [ -e "${pair%%=*}" ] || missing+=("${pair#*=}")
    done
    [ ${#missing[@]} -eq 0 ] && return
    command -v apt-get >/dev/null || fail "these are missing, please install them: ${missing[*]}"
    [ "$(id -u)" -eq 0 ] || fail "please run: sudo apt-get install ${missing[*]}"
    say "installing ${missing[*]} ..."
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

find_python() {
    local candidate
    for candidate in python3.14 python3.13 python3.12 python3.11 python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer is needed; please run: sudo apt-get install python3 python3-venv"
}

# Makes .venv once, and again when pyproject.toml has changed.
need_python() {
    local extra=${1:-} stamp=$venv/installed${1:+-$1} base
    python=$venv/bin/python
    [ "$stamp" -nt pyproject.toml ] && return
    base=$(find_python)
    say "setting up .venv ${extra:+with what $extra needs }..."
    "$base" -m venv "$venv" || fail "$base cannot make a virtual environment; please run: sudo apt-get install python3-venv"
    "$python" -m pip install --quiet --disable-pip-version-check -e ".${extra:+[$extra]}" ||
        fail "pip could not install the package; its words are above"
    touch "$stamp"
}
