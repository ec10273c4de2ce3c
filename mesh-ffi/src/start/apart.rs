//! The C library and the loader get functions of their own to allocate with: what they ask for is kept apart.
//!
//! Their calls go through words that the loader has filled with the addresses of our `malloc`, `calloc` and `realloc`: the
//! tables of the C library, by name, and three variables of the loader's own, which have none. These words are written anew,
//! once, before anybody else's code runs. See docs/decisions/019-what-is-kept-apart.md.

use core::ffi::{CStr, c_void};
use core::ptr::NonNull;

use arena::Os;
use arena::os::Access;

use crate::face::{c, library};
use crate::ground::heap::{HEAP, system_page};
use crate::ground::loaded::{Name, Object, Objects, Reference};

/// What allocates for itself and comes with the C library, which is the first.
const LIBRARIES: [&CStr; 5] = [
    c"libc.so.6",
    c"libpthread.so.0",
    c"librt.so.1",
    c"libanl.so.1",
    c"libresolv.so.2",
];

/// A function of ours, and the one that the C library gets in its place.
struct Function {
    name: Name,
    ours: *const c_void,
    librarys: *const c_void,
    /// The program's entry for it; zero where it has none.
    entry: usize,
}

fn functions() -> [Function; 3] {
    let program = Objects::all().next();
    let function = |name, ours, librarys| Function {
        name,
        ours,
        librarys,
        entry: program
            .as_ref()
            .map_or(0, |program| program.stand_in(name).addr()),
    };
    [
        function(
            const { Name::new(c"malloc") },
            c::malloc as *const c_void,
            library::malloc as *const c_void,
        ),
        function(
            const { Name::new(c"calloc") },
            c::calloc as *const c_void,
            library::calloc as *const c_void,
        ),
        function(
            const { Name::new(c"realloc") },
            c::realloc as *const c_void,
            library::realloc as *const c_void,
        ),
    ]
}

/// Repoints the calls of the C library and the loader; says whether all that they allocate from now on is kept apart. It is not
/// in a static program, whose C library has no such words, and where another library stands between it and us.
pub(super) fn repoint() -> bool {
    let functions = functions();
    let (mut library, mut loader) = (None, None);
    for object in Objects::all() {
        if object.is_loader() {
            loader = Some(repoint_loader(&object, &functions));
        } else if let Some(number) = LIBRARIES.iter().position(|name| object.is_called(name)) {
            let done = functions
                .iter()
                .all(|function| repoint_references(&object, function));
            if number == 0 || !done {
                library = Some(done && library != Some(false));
            }
        }
    }
    (library, loader) == (Some(true), Some(true))
}

/// Repoints what `object` calls by the name of `function`; says whether all of that came to us.
fn repoint_references(object: &Object, function: &Function) -> bool {
    let (mut all, mut pen) = (true, Pen::of(object));
    object.each_reference(function.name.text(), |reference| {
        let ours = is_ours(object, &reference, function);
        all &= ours && pen.write(reference.word, function.librarys);
    });
    all
}

/// Whether the function behind this word is ours, or will be when the loader looks it up.
fn is_ours(object: &Object, reference: &Reference, function: &Function) -> bool {
    // SAFETY: the loader has written it.
    let value = unsafe { reference.word.read() };
    if reference.may_be_lazy && object.has_fixed(value) {
        return is_first(function);
    }
    leads_to(value, function)
}

/// Whether our function is the one that calls by its name come to.
fn is_first(function: &Function) -> bool {
    let definitions = Objects::all().map(|object| object.find(function.name));
    let mut definitions = definitions.filter(|found| !found.is_null());
    definitions
        .next()
        .is_some_and(|found| found.cast_const() == function.ours)
}

/// Whether who calls this address comes to our function: it is there, or the program's entry for it.
fn leads_to(value: usize, function: &Function) -> bool {
    let is_entry = value != 0 && value == function.entry;
    value == function.ours.addr() || (is_entry && is_first(function))
}

/// Repoints the loader's own variables; says whether there was one for each function.
fn repoint_loader(loader: &Object, functions: &[Function; 3]) -> bool {
    let (mut found, mut pen) = ([false; 3], Pen::of(loader));
    loader.each_word(|word| {
        // SAFETY: a word of the loader's data.
        let value = unsafe { word.read_volatile() };
        if value == 0 {
            return;
        }
        for (function, found) in functions.iter().zip(&mut found) {
            if leads_to(value, function) {
                *found |= pen.write(word, function.librarys);
            }
        }
    });
    found == [true; 3]
}

/// Writes to words of an object. Some are on pages that the loader has sealed: of these one is open at a time.
struct Pen<'o> {
    object: &'o Object,
    open: Option<NonNull<u8>>,
}

impl<'o> Pen<'o> {
    fn of(object: &'o Object) -> Self {
        Self { object, open: None }
    }

    /// Writes `function` to a word of the object; says whether that worked.
    fn write(&mut self, word: *mut usize, function: *const c_void) -> bool {
        let page = word.map_addr(|at| at & !(system_page() - 1)).cast();
        let Some(page) = NonNull::new(page) else {
            return false;
        };
        if self.open != Some(page) && self.object.is_sealed(word.addr(), system_page()) {
            self.seal();
            if !set_access(page, Access::ReadWrite) {
                return false;
            }
            self.open = Some(page);
        }
        // SAFETY: writable, and read by calls only: the functions have the same type and contract.
        unsafe { word.write_volatile(function.expose_provenance()) };
        true
    }

    /// Seals the page that is open.
    fn seal(&mut self) {
        // Refused, it stays writable.
        let _ = self.open.take().map(|page| set_access(page, Access::Read));
    }
}

impl Drop for Pen<'_> {
    fn drop(&mut self) {
        self.seal();
    }
}

fn set_access(page: NonNull<u8>, access: Access) -> bool {
    let os = HEAP.global().pages().os();
    // SAFETY: a page of an object's data, which is made writable and then what it was; nobody relies on a fault there.
    unsafe { os.protect(page, system_page(), access) }.is_ok()
}
