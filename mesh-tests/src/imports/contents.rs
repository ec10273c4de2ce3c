//! What one module declares and mentions.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, Meta, Token, UseTree, Visibility, punctuated::Punctuated};

use super::tokens;

/// A path as it is written.
pub(super) type Path = Vec<String>;

/// What is declared and mentioned in a module, without the modules in it.
#[derive(Default)]
pub(super) struct Contents {
    /// Items by name.
    pub(super) items: BTreeSet<String>,
    /// `use`, in functions too.
    pub(super) uses: Vec<Use>,
    /// All other paths.
    pub(super) mentions: BTreeSet<Path>,
    /// Modules below.
    pub(super) modules: Vec<Declared>,
}

/// One name of a `use`.
pub(super) struct Use {
    /// What it is called here; `None` for all names of a module.
    pub(super) name: Option<String>,
    pub(super) path: Path,
    /// Whether others may take it from here.
    pub(super) is_public: bool,
}

/// A module below.
pub(super) struct Declared {
    pub(super) name: String,
    /// The file that an attribute names.
    pub(super) file: Option<String>,
    /// What it has, if that stands in this file.
    pub(super) contents: Option<Contents>,
}

impl Contents {
    /// What `items` have.
    pub(super) fn of(items: &[Item]) -> Self {
        let mut contents = Self::default();
        for item in items {
            contents.visit_item(item);
        }
        contents
    }

    fn mention_tokens(&mut self, tokens: &TokenStream) {
        self.mentions.extend(tokens::paths(tokens.clone()));
    }

    fn add_use(&mut self, tree: &UseTree, mut path: Path, is_public: bool) {
        let mut add = |name, path| {
            self.uses.push(Use {
                name,
                path,
                is_public,
            });
        };
        match tree {
            UseTree::Path(step) => {
                path.push(step.ident.to_string());
                self.add_use(&step.tree, path, is_public);
            }
            UseTree::Name(name) if name.ident == "self" => add(path.last().cloned(), path),
            UseTree::Name(name) => {
                path.push(name.ident.to_string());
                add(Some(name.ident.to_string()), path);
            }
            UseTree::Rename(rename) => {
                if rename.ident != "self" {
                    path.push(rename.ident.to_string());
                }
                add(Some(rename.rename.to_string()), path);
            }
            UseTree::Glob(_) => add(None, path),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.add_use(tree, path.clone(), is_public);
                }
            }
        }
    }
}

impl<'ast> Visit<'ast> for Contents {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_for_tests(attributes(item)) {
            return;
        }
        self.items.extend(name(item));
        visit::visit_item(self, item);
    }

    fn visit_foreign_item(&mut self, item: &'ast syn::ForeignItem) {
        match item {
            syn::ForeignItem::Fn(item) => self.items.insert(item.sig.ident.to_string()),
            syn::ForeignItem::Static(item) => self.items.insert(item.ident.to_string()),
            _ => false,
        };
        visit::visit_foreign_item(self, item);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !is_for_tests(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let contents = module.content.as_ref().map(|(_, items)| Self::of(items));
        self.modules.push(Declared {
            name: module.ident.to_string(),
            file: module.attrs.iter().find_map(named_file),
            contents,
        });
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() {
            let is_public = !matches!(item.vis, Visibility::Inherited);
            self.add_use(&item.tree, Path::new(), is_public);
        }
    }

    // `pub(crate)` is no import.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let segments = path.segments.iter();
            let segments = segments.map(|segment| segment.ident.to_string());
            self.mentions.insert(segments.collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        visit::visit_macro(self, call);
        self.mention_tokens(&call.tokens);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.mention_tokens(&list.tokens);
        }
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn name(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// Whether code with these attributes is for tests only.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    let mut cfgs = attributes.iter().filter(|it| it.path().is_ident("cfg"));
    cfgs.any(|cfg| cfg.parse_args().is_ok_and(|meta| implies_test(&meta)))
}

fn implies_test(condition: &Meta) -> bool {
    let all = |list: &syn::MetaList| {
        let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
        parts.unwrap_or_default()
    };
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => all(list).iter().any(implies_test),
        Meta::List(list) if list.path.is_ident("any") => all(list).iter().all(implies_test),
        _ => false,
    }
}

/// The file in `#[path = "…"]` or `#[cfg_attr(…, path = "…")]`.
fn named_file(attribute: &Attribute) -> Option<String> {
    let text = |meta: &Meta| match meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    };
    match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg_attr") => {
            let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            parts.ok()?.iter().skip(1).find_map(text)
        }
        meta => text(meta),
    }
}
