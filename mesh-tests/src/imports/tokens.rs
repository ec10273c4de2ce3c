//! Paths in the tokens of a macro, which nobody has parsed.

use proc_macro2::{TokenStream, TokenTree};

/// All that looks like a path, in the order of the tokens: identifiers with `::` between them.
///
/// `$crate` is read as `crate`. What follows a dot is a field or a method.
pub(super) fn paths(tokens: TokenStream) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    collect(tokens, &mut found);
    found
}

fn collect(tokens: TokenStream, found: &mut Vec<Vec<String>>) {
    let mut path = Vec::new();
    // Punctuation since the last identifier or group.
    let mut between = String::new();
    for token in tokens {
        match token {
            TokenTree::Ident(identifier) => {
                if between != "::" {
                    found.push(std::mem::take(&mut path));
                }
                if !between.ends_with('.') || between.ends_with("..") {
                    path.push(identifier.to_string());
                }
                between.clear();
            }
            TokenTree::Punct(mark) => between.push(mark.as_char()),
            TokenTree::Group(group) => {
                found.push(std::mem::take(&mut path));
                between.clear();
                collect(group.stream(), found);
            }
            TokenTree::Literal(_) => {
                found.push(std::mem::take(&mut path));
                between.clear();
            }
        }
    }
    found.push(path);
    found.retain(|path| !path.is_empty());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_macro() {
        let tokens = "$crate::a::B, c::d(x.y::<E>(), [f::G; 2]) ..h => self.i"
            .parse()
            .unwrap();
        let paths: Vec<_> = paths(tokens).iter().map(|path| path.join("::")).collect();
        assert_eq!(
            paths,
            ["crate::a::B", "c::d", "x", "E", "f::G", "h", "self"]
        );
    }
}
