//! The stacks of this very process, with the tables and names of its files.

#[cfg_attr(target_arch = "aarch64", path = "machine/aarch64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "machine/x86_64.rs")]
mod machine;

use std::collections::HashMap;
use std::fs;
use std::io::{IoSliceMut, Read};
use std::process::Command;

use flate2::read::GzDecoder;
use heapprofile::{Context, Profile};
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::unistd::Pid;
use prost::Message;

use super::memory::{Memory, own_maps, read, sample};
use machine::{call_without_frame_pointer, registers};

use crate::profile::calls::Call;
use crate::profile::{list, pprof, text, unwound};

/// Bytes of a block of the profile.
const SIZE: u64 = 4096;

/// The mean bytes between samples: so far below the size of blocks that they stand for themselves.
const MEAN: u64 = 64;

/// Samples a block here, with the stack of this thread.
#[inline(never)]
extern "C" fn allocates_here(profile: &Profile<'_>, address: u64) {
    let [instruction, stack_pointer, frame_pointer] = registers!();
    let context = Context {
        instruction,
        stack_pointer,
        frame_pointer,
    };
    let stack: Vec<_> = (0..1024)
        .map_while(|word| peek(stack_pointer + 8 * word))
        .collect();
    sample(profile, address, SIZE, &context, &stack);
}

/// A word of this process's memory, if there is any.
fn peek(address: u64) -> Option<u64> {
    let mut word = [0; 8];
    let from = RemoteIoVec {
        base: address as usize,
        len: word.len(),
    };
    let read = process_vm_readv(Pid::this(), &mut [IoSliceMut::new(&mut word)], &[from]);
    (read == Ok(8)).then_some(u64::from_ne_bytes(word))
}

/// Calls [`allocates_here`] while the frame pointer has another use: only tables tell how to go on.
#[unsafe(naked)]
extern "C" fn without_frame_pointer(profile: &Profile<'_>, address: u64) {
    call_without_frame_pointer!(allocates_here)
}

#[inline(never)]
fn calls_without(profile: &Profile<'_>, address: u64) {
    without_frame_pointer(profile, address);
    std::hint::black_box(address);
}

#[inline(never)]
fn calls_directly(profile: &Profile<'_>, address: u64) {
    allocates_here(profile, address);
    std::hint::black_box(address);
}

/// Three blocks of a chain, and two of another one, one of which is given back.
fn profile_of(memory: &Memory) -> unwound::Profile {
    let entry = calls_directly as *const () as u64;
    let profile = memory.profile(MEAN, entry);
    for number in 1..=3 {
        calls_without(&profile, number << 16);
    }
    for number in 4..=5 {
        calls_directly(&profile, number << 16);
    }
    profile.forget(5 << 16);
    read(&profile, &own_maps())
}

/// The names of a chain's functions, without the path of modules.
fn names(calls: &[Call]) -> Vec<&str> {
    let functions = calls.iter().flat_map(Call::functions);
    functions.map(|function| last(&function.name)).collect()
}

fn last(name: &str) -> &str {
    name.rsplit("::").next().unwrap_or(name)
}

#[test]
fn functions_are_named_in_order_also_without_frame_pointers() {
    let read = profile_of(&Memory::new());
    let mut all = read.calls();
    assert_eq!(all.len(), 2, "equal chains are one");
    all.sort_by_key(|calls| names(calls)[1].to_owned());
    let directly = names(&all[0]);
    assert_eq!(
        directly[..3],
        ["allocates_here", "calls_directly", "profile_of"]
    );
    let without = names(&all[1]);
    let expected = [
        "allocates_here",
        "without_frame_pointer",
        "calls_without",
        "profile_of",
    ];
    assert_eq!(without[..4], expected);
    for chain in [&directly, &without] {
        let outer = "functions_are_named_in_order_also_without_frame_pointers";
        assert!(chain.contains(&outer), "{chain:?}");
        assert!(chain.len() > 8, "up to where the thread began: {chain:?}");
    }
    let innermost = &all[0][0].functions()[0];
    assert!(innermost.file.ends_with("this_process.rs") && innermost.line > 0);
    assert_ne!(innermost.name, innermost.symbol);
}

#[test]
fn the_list_has_shares_of_functions_and_of_what_they_call() {
    let read = profile_of(&Memory::new());
    let calls = read.calls();
    let page = list::page(&read, &calls, list::Order::Live, 30).unwrap();
    let line = |name: &str| {
        let found = page.lines().find(|line| line.ends_with(name));
        found.unwrap_or_else(|| panic!("no {name}:\n{page}"))
    };
    assert!(page.contains("samples             4 live of 5"), "{page}");
    let first = page
        .lines()
        .skip_while(|line| !line.contains("function"))
        .nth(1);
    assert_eq!(first, Some(line("::allocates_here")));
    assert!(
        line("::allocates_here").contains("16.0 KiB  100.0%    16.0 KiB  100.0%"),
        "{page}"
    );
    assert!(
        line("::calls_without").contains("0 B    0.0%    12.0 KiB   75.0%"),
        "{page}"
    );
    assert!(
        line("::calls_directly").contains("0 B    0.0%     4.0 KiB   25.0%"),
        "{page}"
    );
}

#[test]
fn pprof_gets_sums_names_lines_and_mappings() {
    let read = profile_of(&Memory::new());
    let file = pprof::file(&read, &read.calls()).unwrap();
    let mut bytes = Vec::new();
    GzDecoder::new(file.as_slice())
        .read_to_end(&mut bytes)
        .unwrap();
    let message = pprof::message::Profile::decode(bytes.as_slice()).unwrap();
    let string = |number: i64| message.string_table[number as usize].as_str();
    assert_eq!(string(0), "");
    let types = message.sample_type.iter();
    let types: Vec<_> = types
        .map(|one| (string(one.r#type), string(one.unit)))
        .collect();
    let expected = [
        ("alloc_objects", "count"),
        ("alloc_space", "bytes"),
        ("inuse_objects", "count"),
        ("inuse_space", "bytes"),
    ];
    assert_eq!(types, expected);
    assert_eq!(string(message.default_sample_type), "inuse_space");
    let period = message.period_type.as_ref().unwrap();
    assert_eq!(
        (string(period.r#type), string(period.unit)),
        ("space", "bytes")
    );
    assert_eq!(message.period, MEAN.cast_signed());
    assert!(message.time_nanos > 0);
    let sum = |which: usize| {
        message
            .sample
            .iter()
            .map(|sample| sample.value[which])
            .sum::<i64>()
    };
    let size = SIZE.cast_signed();
    assert_eq!([0, 1, 2, 3].map(sum), [5, 5 * size, 4, 4 * size]);

    let functions: HashMap<_, _> = message.function.iter().map(|one| (one.id, one)).collect();
    let locations: HashMap<_, _> = message.location.iter().map(|one| (one.id, one)).collect();
    for sample in &message.sample {
        let location = locations[&sample.location_id[0]];
        let line = &location.line[0];
        let function = functions[&line.function_id];
        assert!(string(function.name).ends_with("::allocates_here"));
        assert!(string(function.system_name).contains("allocates_here"));
        assert_ne!(function.name, function.system_name);
        assert!(string(function.filename).ends_with("this_process.rs"));
        assert!(line.line > 0);
        // The program, whose mapping comes first.
        assert_eq!(location.mapping_id, 1);
    }
    let program = &message.mapping[0];
    let name = std::env::current_exe().unwrap();
    assert_eq!(Some(string(program.filename)), name.to_str());
    assert!((program.memory_start..program.memory_limit).contains(&message.location[0].address));
    let libc = message
        .mapping
        .iter()
        .find(|one| string(one.filename).ends_with("libc.so.6"));
    let build_id = string(libc.unwrap().build_id);
    assert!(build_id.len() == 40 && build_id.chars().all(|digit| digit.is_ascii_hexdigit()));
}

#[test]
fn google_pprof_reads_the_text() {
    let read = profile_of(&Memory::new());
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("heap.txt");
    fs::write(&file, text::page(&read).unwrap()).unwrap();
    let mut command = Command::new("google-pprof");
    command
        .arg("--text")
        .arg(std::env::current_exe().unwrap())
        .arg(&file);
    let output = command.output().expect("google-perftools is installed");
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert!(!errors.contains("Adjusting"), "scaled once more: {errors}");
    let first = said.lines().find(|line| line.contains('%')).unwrap_or("");
    assert!(
        first.contains("100.0%") && first.contains("allocates_here"),
        "{said}"
    );
}
