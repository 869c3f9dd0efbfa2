"""Programs that only read, and programs that make things and take nothing away."""

from __future__ import annotations

__all__ = ["READERS", "READERS_CHANGE", "WRITERS"]

READERS = frozenset(
    """
    : true false test [ [[ echo printf cat bat head tail less more ls ll dir tree pwd cd pushd popd dirs
    stat file du df free uptime uname hostname whoami id groups who w last lastlog env printenv set
    export which whereis type hash man info apropos whatis help tldr date cal sleep wait jobs fg bg
    grep egrep fgrep rg ag ack zgrep sort uniq wc cut tr paste join comm diff cmp sdiff colordiff
    awk gawk mawk nawk jq yq xmllint column fold fmt nl tac rev od xxd hexdump strings base64 md5sum
    sha1sum sha256sum sha512sum cksum sum b2sum shasum md5 seq expr bc dc factor yes basename dirname
    realpath readlink locate mlocate updatedb ps top htop btop pgrep pidof lsof fuser vmstat iostat
    mpstat sar dmesg journalctl lscpu lsblk lsusb lspci lsmod lshw dmidecode blkid findmnt ss netstat
    ifconfig ping ping6 traceroute tracepath mtr dig nslookup host whois getent nproc arch locale
    tty stty clear reset_terminal history alias read return exit break continue shift local
    declare typeset readonly getopts trap ulimit umask let times compgen complete bind shopt
    ldd nm objdump readelf size pstree pmap zcat bzcat xzcat zless look cloc tokei scc exa eza lsd
    fzf pandoc_check shellcheck hadolint yamllint flake8 pylint mypy pyright ruff_check tsc eslint
    pytest nosetests ctest gdb valgrind perf time_ logname users finger nmap cowsay figlet lolcat
    fortune neofetch screenfetch speedtest iperf iperf3 ncdu duf dust procs gdu delta difft
    pylint bandit semgrep trivy grype gitleaks trufflehog sherlock subfinder amass whatweb nikto
    ffprobe identify exiftool_read mediainfo pdfinfo pdftotext say banner findstr tasklist systeminfo ipconfig quser qwinsta getmac driverquery gpresult ver vol rpmquery dpkg-query
    apt-cache apt-list tput watchman_check logger nettop sw_vers system_profiler ioreg tcpdump
    disown builtin unalias digit select test_ then else fi do done
    """.split()
)
WRITERS = frozenset(
    """
    mkdir touch ln mkfifo mktemp mknod install patch csplit gzip gunzip bzip2 xz unxz zstd
    unzip 7z gcc g++ cc clang clang++ ld ar make_ cmake ninja meson rustc javac go_build tsc_emit
    chsh chfn swapon mount umount modprobe insmod hwclock timedatectl_set
    black isort autopep8 prettier gofmt rustfmt clang-format wget_ ffmpeg convert magick sox
    pg_dump pg_dumpall mysqldump mongodump mongoexport redis-dump pg_basebackup cpio pax
    ssh-keygen ssh-copy-id ssh-add_ gpg openssl age certbot_ kill pkill killall renice
    nano vim vi emacs code subl open xdg-open tmux screen start-stop-daemon
    phpunit rspec jest vitest mocha ava jasmine karma cucumber behat playwright cypress
    unset mkswap_ lvcreate vgcreate pvcreate lvextend resize2fs pv wall write mail sendmail
    """.split()
)
READERS_CHANGE: dict[str, tuple[str, str]] = {
    "ipconfig": ("/flushdns /release /renew /registerdns", "changes what the network holds"),
    "date": ("-s --set", "sets the clock"),
    "dirs": ("-c", "empties its stack"),
    "sort": ("-o --output", "writes a file"),
    "awk": ("-i", "edits in place"),
    "gawk": ("-i", "edits in place"),
    "yq": ("-i --inplace", "edits in place"),
    "xxd": ("-r", "writes what it decodes"),
    "tcpdump": ("-w", "writes a file"),
    "fuser": ("-k --kill", "ends processes"),
    "jq": ("-i", "edits in place"),
}
"""Programs that read, but for these options."""
