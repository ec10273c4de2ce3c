//! Functions that allocate for others.

/// Through which programs come to the allocator: what these call is its own.
const ENTRIES: [&str; 21] = [
    "malloc",
    "calloc",
    "realloc",
    "reallocarray",
    "aligned_alloc",
    "memalign",
    "posix_memalign",
    "valloc",
    "pvalloc",
    "mallocx",
    "rallocx",
    "operator new",
    "operator new[]",
    "__rust_alloc",
    "__rust_alloc_zeroed",
    "__rust_realloc",
    "__rdl_alloc",
    "__rdl_alloc_zeroed",
    "__rdl_realloc",
    "__rg_alloc",
    "__rg_realloc",
];

/// How the names begin of what languages allocate with, on behalf of their users.
const PREFIXES: [&str; 17] = [
    "alloc::",
    "<alloc::",
    "core::alloc::",
    "std::alloc::",
    "<std::alloc::",
    "std::sys::alloc::",
    "std::allocator<",
    "std::allocator_traits<",
    "std::__allocate_guarded",
    "std::__allocated_ptr<",
    "std::__new_allocator<",
    "std::_Vector_base<",
    "std::__detail::_Hashtable_alloc<",
    "std::__1::allocator<",
    "std::__1::allocator_traits<",
    "std::__1::__libcpp_",
    "__gnu_cxx::",
];

/// Whose trait is implemented for types of the language, by the language.
const IMPLEMENTED: [&str; 6] = [
    "<T as alloc::",
    "<I as alloc::",
    "<str as alloc::",
    "<[T] as alloc::",
    "<&str as alloc::",
    "<core::",
];

/// Whether programs come to the allocator through this function.
pub(crate) fn is_entry(name: &str) -> bool {
    let name = name.strip_prefix("__rustc::").unwrap_or(name);
    // Without parameters, those of types too.
    let name = name.split_once(['(', '<']).map_or(name, |(name, _)| name);
    ENTRIES.contains(&name)
}

/// Whether this function allocates on behalf of the one that called it.
pub(crate) fn is_allocator(name: &str) -> bool {
    is_entry(name)
        || PREFIXES
            .iter()
            .any(|prefix| returned(name).starts_with(prefix))
        || name.contains(" as alloc::") && IMPLEMENTED.iter().any(|start| name.starts_with(start))
}

/// The name of a function template, in front of which stands what it returns.
fn returned(name: &str) -> &str {
    let is_template = name.ends_with(')');
    let at = name.rfind(" std::").or_else(|| name.rfind(" __gnu_cxx::"));
    match at {
        Some(at) if is_template && !name[..at].contains(['(', '<']) => &name[at + 1..],
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_allocates_for_others_is_known() {
        for name in [
            "malloc",
            "malloc<heap::Program>",
            "operator new(unsigned long)",
            "operator new[](unsigned long, std::align_val_t)",
            "__rustc::__rust_alloc",
            "alloc::raw_vec::RawVecInner<A>::try_allocate_in",
            "<alloc::vec::Vec<T> as core::clone::Clone>::clone",
            "<T as alloc::vec::spec_from_elem::SpecFromElem>::from_elem",
            "std::__new_allocator<int>::allocate(unsigned long, void const*)",
            "__gnu_cxx::new_allocator<int>::allocate(unsigned long, void const*)",
        ] {
            assert!(is_allocator(name), "{name}");
        }
    }

    #[test]
    fn what_programs_do_themselves_is_not() {
        for name in [
            "main",
            "malloc_all_of_it",
            "my::operator new",
            "Pool::operator new(unsigned long)",
            "<program::Tree as alloc::string::ToString>::to_string",
            "program::alloc::Arena::new",
            "fill(std::vector<int, std::allocator<int> >&)",
            "(anonymous namespace)::fill()",
            "allocate",
        ] {
            assert!(!is_allocator(name), "{name}");
        }
    }
}
