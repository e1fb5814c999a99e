//! The place of one draw: folders and sockets that are watched, and a mark that every process which
//! comes of it carries.

use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a process that was killed may take to be gone.
const GRACE: Duration = Duration::from_secs(3);

pub(crate) struct Arena {
    folder: TempDir,
    pub(crate) mark: String,
    /// The key of System V objects that a hostile kernel makes here.
    pub(crate) key: u32,
    udp: UdpSocket,
    tcp: TcpListener,
    unix: UnixDatagram,
    victim: BTreeMap<String, String>,
}

impl Arena {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let index = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["work", "tmp", "victim"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        let victim = folder.path().join("victim");
        fs::write(victim.join("kept"), "kept").expect("a file");
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        let unix = UnixDatagram::bind(victim.join("socket")).expect("a socket");
        udp.set_nonblocking(true).expect("a socket");
        tcp.set_nonblocking(true).expect("a socket");
        unix.set_nonblocking(true).expect("a socket");
        let process = std::process::id();
        Self {
            victim: state(&victim),
            mark: format!("soak{process}x{index}x"),
            key: 0x5000_0000 | (process << 10 ^ index) & 0x0fff_ffff,
            folder,
            udp,
            tcp,
            unix,
        }
    }

    /// Where the program runs, and its input and output lie.
    pub(crate) fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    pub(crate) fn victim(&self) -> PathBuf {
        self.folder.path().join("victim")
    }

    pub(crate) fn udp_port(&self) -> u16 {
        self.udp.local_addr().expect("an address").port()
    }

    pub(crate) fn tcp_port(&self) -> u16 {
        self.tcp.local_addr().expect("an address").port()
    }

    /// A program that runs here, with the mark.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.work())
            .env("TMPDIR", self.folder.path().join("tmp"))
            .env("CRCHECK_SOAK_MARK", &self.mark);
        for name in ["CRCHECK_DISABLE", "CRCHECK_RUNNER", "SDE_PATH"] {
            command.env_remove(name);
        }
        command
    }

    /// Ends every process with the mark.
    pub(crate) fn clear(&self) {
        for (pid, _) in self.processes() {
            if let Some(pid) = Pid::from_raw(pid) {
                // It may have ended meanwhile.
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }

    /// What is left behind here, or was reached from here: processes, files, objects, messages.
    pub(crate) fn left(&self) -> Vec<String> {
        let mut left = Vec::new();
        let began = Instant::now();
        let mut processes = self.processes();
        while !processes.is_empty() && began.elapsed() < GRACE {
            std::thread::sleep(Duration::from_millis(20));
            processes = self.processes();
        }
        left.extend(processes.iter().map(|(_, line)| format!("process {line}")));
        let tmp = self.folder.path().join("tmp");
        left.extend(state(&tmp).keys().map(|name| format!("TMPDIR/{name}")));
        let victim = state(&self.victim());
        if victim != self.victim {
            left.push(format!("the victim's folder is {victim:?}"));
        }
        let unfinished = state(&self.work()).into_keys();
        let unfinished = unfinished.filter(|name| name.contains(".partial"));
        left.extend(unfinished.map(|name| format!("unfinished {name}")));
        let mut bytes = [0; 16];
        let reached = [
            ("a UDP socket", self.udp.recv(&mut bytes).is_ok()),
            ("a TCP socket", self.tcp.accept().is_ok()),
            ("a UNIX socket", self.unix.recv(&mut bytes).is_ok()),
        ];
        let reached = reached.iter().filter(|(_, is_reached)| *is_reached);
        left.extend(reached.map(|(what, _)| format!("{what} of the outside was reached")));
        left.extend(self.objects());
        self.clear();
        left
    }

    /// System V objects, shared memory, queues and keys.
    fn objects(&self) -> Vec<String> {
        let mut left = Vec::new();
        for (kind, option) in [("shm", "-M"), ("msg", "-Q"), ("sem", "-S")] {
            let table = fs::read_to_string(format!("/proc/sysvipc/{kind}")).unwrap_or_default();
            let keys = table
                .lines()
                .filter_map(|line| line.split_whitespace().next());
            let key = self.key.cast_signed().to_string();
            if keys.clone().any(|found| found == key) {
                left.push(format!("System V {kind} {key}"));
                // Where ipcrm is missing, it stays.
                let _ = Command::new("ipcrm")
                    .args([option, &self.key.to_string()])
                    .status();
            }
        }
        for folder in ["/dev/shm", "/dev/mqueue"] {
            let path = Path::new(folder).join(format!("soak{}", self.mark));
            if path.exists() {
                left.push(path.display().to_string());
                let _ = fs::remove_file(path);
            }
        }
        let keys = fs::read_to_string("/proc/keys").unwrap_or_default();
        let keys = keys.lines().filter(|line| line.contains(&self.mark));
        left.extend(keys.map(|line| format!("key {line}")));
        left
    }

    /// The processes with the mark, each with its command line.
    fn processes(&self) -> Vec<(i32, String)> {
        let entries = fs::read_dir("/proc").expect("/proc").flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        pids.filter_map(|pid| {
            let part = |name: &str| fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
            let (environment, line) = (part("environ"), part("cmdline"));
            let has_mark = [&environment, &line].iter().any(|text| {
                let mut windows = text.windows(self.mark.len());
                windows.any(|window| window == self.mark.as_bytes())
            });
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            has_mark.then(|| (pid, format!("{pid} {line}")))
        })
        .collect()
    }

    /// Copies the files of the draw to where they stay.
    pub(crate) fn keep(&self, to: &Path) {
        fs::create_dir_all(to).expect("a folder");
        for entry in fs::read_dir(self.work()).expect("a folder").flatten() {
            let is_small = entry
                .metadata()
                .is_ok_and(|of| of.is_file() && of.len() < 1 << 24);
            if is_small {
                let copied = fs::copy(entry.path(), to.join(entry.file_name()));
                copied.expect("a copy");
            }
        }
    }
}

/// What lies in a folder: names, each with what an act may change.
fn state(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let states = entries.map(|entry| {
        let of = fs::symlink_metadata(entry.path());
        let text = of.map_or_else(
            |error| error.to_string(),
            |of| {
                let (mode, owner, time) = (of.mode(), of.uid(), of.mtime());
                // To open a FIFO would be to wait.
                let file = of.is_file().then(|| fs::File::open(entry.path()).ok());
                let flags = file.flatten();
                let flags = flags.and_then(|file| rustix::fs::ioctl_getflags(file).ok());
                format!("{} bytes, {mode:o}, {owner}, {time}, {flags:?}", of.len())
            },
        );
        (entry.file_name().to_string_lossy().into_owned(), text)
    });
    states.collect()
}
