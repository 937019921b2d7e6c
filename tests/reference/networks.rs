//! Networks of recorded results.

/// Networks by their names, compiled from the specs beside this file.
macro_rules! networks {
    ($($name:ident = $spec:literal,)*) => {
        $(resnet!($spec);)*

        const NETWORKS: &[&dyn DynNetwork] = &[$(&$name::Network),*];
    };
}

pub(crate) use networks;
