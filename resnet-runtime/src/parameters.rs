//! Trained values and running statistics of a model.

mod init;
mod layout;

use alloc::borrow::Cow;
#[cfg(feature = "std")]
use std::path::Path;

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use crate::aligned::Aligned;
use crate::checkpoint::{self, Bytes, Checkpoint};
use crate::kernels::isa;
use crate::{Element, Error, ModelInfo, ParameterInfo, Precision, Role};

use layout::Layout;
pub(crate) use layout::{from_file, from_pieces, memory_len, to_file};

/// Every parameter and running statistic of one model.
///
/// In memory they lie as kernels train them; by name they are read and written
/// in the layout of files, torchvision's: `[out, in, kernel_h, kernel_w]` for
/// convolutions, `[out, in]` for linear layers, `[channels]` for the rest.
#[derive(Clone, Debug)]
pub struct Parameters<E: Element = f32> {
    pub(crate) info: &'static ModelInfo,
    pub(crate) master: Aligned<E>,
    pub(crate) running: Aligned<E>,
    pub(crate) batches_tracked: u64,
}

impl<E: Element> Parameters<E> {
    /// Initial values for training.
    ///
    /// Each parameter as its [`Init`](crate::Init) says, which is as in
    /// torchvision's ResNets unless the spec asks for another way: weights of
    /// convolutions are normal with a variance of `2 / fan_out` (He et al.),
    /// weights and biases of linear layers, and biases of convolutions, are
    /// uniform within `1 / sqrt(fan_in)` of zero. Norms start as the identity:
    /// weight 1, bias 0, running mean 0, running variance 1.
    ///
    /// Each parameter draws from a ChaCha8 stream of its own, chosen by the
    /// seed and the parameter's index in [`ModelInfo::parameters`], and normal
    /// numbers follow from uniform ones by Box and Muller's transform. The
    /// same seed gives the same values on every platform, as far as its
    /// logarithm, sine and cosine of `f64` agree (a difference in their last
    /// bit seldom survives the rounding to `f32`).
    ///
    /// # Panics
    ///
    /// When there is no memory.
    pub fn init(info: &'static ModelInfo, seed: u64) -> Self {
        let parameters = (E::compiled().init)(info, seed);
        parameters.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Reads a safetensors file with torchvision's names and shapes.
    ///
    /// Elements may be F32, F16, BF16 or F64, whatever `E` is. A prefix
    /// `module.` of names is dropped, `num_batches_tracked` may be missing.
    ///
    /// # Errors
    ///
    /// [`Error::File`], [`Error::Format`] and [`Error::Tensors`], the last
    /// with everything that is missing, unknown or misshapen at once.
    #[cfg(feature = "std")]
    pub fn load(info: &'static ModelInfo, path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let file = checkpoint::open(path)?;
        (E::compiled().decode)(info, &*file, None).map_err(|error| error.in_file(path))
    }

    /// Reads what a safetensors file holds; see [`load`](Self::load).
    ///
    /// # Errors
    ///
    /// [`Error::Format`] and [`Error::Tensors`].
    pub fn from_bytes(info: &'static ModelInfo, bytes: &[u8]) -> Result<Self, Error> {
        (E::compiled().decode)(info, &bytes, None)
    }

    /// The same, but with a head as [`init`](Self::init) draws it by this seed:
    /// what transfer to other classes starts from. The file may have a head of
    /// any shape, or none. The head is the last linear layer.
    ///
    /// # Errors
    ///
    /// As [`from_bytes`](Self::from_bytes).
    pub fn from_bytes_with_new_head(
        info: &'static ModelInfo,
        bytes: &[u8],
        seed: u64,
    ) -> Result<Self, Error> {
        (E::compiled().decode)(info, &bytes, Some(NewHead { seed }))
    }

    /// Writes a safetensors file that PyTorch's `load_state_dict` accepts
    /// (`strict=True` included): elements as they are, torchvision's names and
    /// shapes, and a `num_batches_tracked` for each batch norm.
    ///
    /// The file appears whole or not at all, and the same parameters always
    /// give the same bytes.
    ///
    /// # Errors
    ///
    /// [`Error::File`].
    #[cfg(feature = "std")]
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        checkpoint::write_atomically(path.as_ref(), &self.to_bytes())
    }

    /// What [`save`](Self::save) writes.
    pub fn to_bytes(&self) -> Vec<u8> {
        match size_of::<E>() == size_of::<f32>() {
            true => self.to_bytes_as(Precision::F32),
            false => self.to_bytes_as(Precision::F64),
        }
    }

    /// The same with numbers of a precision, rounded to the nearest.
    pub fn to_bytes_as(&self, precision: Precision) -> Vec<u8> {
        (E::compiled().encode)(self, precision)
    }

    /// The model that these parameters belong to.
    pub fn info(&self) -> &'static ModelInfo {
        self.info
    }

    /// Batches that the running statistics have seen in training.
    pub fn batches_tracked(&self) -> u64 {
        self.batches_tracked
    }

    /// A parameter's or running statistic's values in file layout, or `None`
    /// for a name that the model doesn't have.
    pub fn get(&self, name: &str) -> Option<Vec<E>> {
        let parameter = find(self.info, name)?;
        let region = if parameter.role.is_running() {
            &self.running
        } else {
            &self.master
        };
        Some((E::compiled().to_file)(parameter, region))
    }

    /// Replaces a parameter's or running statistic's values, given in file
    /// layout.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownParameter`] and [`Error::Length`].
    pub fn set(&mut self, name: &str, values: &[E]) -> Result<(), Error> {
        let parameter = find_for(self.info, name, values.len())?;
        self.put(parameter, values);
        Ok(())
    }

    /// The names of tensors that no sound training yields, each with what is
    /// wrong: values that are not finite, negative variances.
    pub fn suspicious(&self) -> Vec<String> {
        (E::compiled().suspicious)(self)
    }

    /// These parameters as the code of `info`'s network lays them out: the
    /// same spec, frozen otherwise, has another order.
    ///
    /// Refuses parameters of another spec, and instruction sets that aren't
    /// there before any kernel needs them.
    pub(crate) fn laid_out_for(&self, info: &'static ModelInfo) -> Result<Cow<'_, Self>, Error> {
        isa::selected().map_err(Error::InstructionSet)?;
        let identity = |info: &ModelInfo| format!("{} (spec {})", info.name, info.spec_hash);
        let (found, expected) = (identity(self.info), identity(info));
        if found != expected {
            return Err(Error::OtherModel { found, expected });
        }
        let offsets = |info: &'static ModelInfo| info.parameters.iter().map(|p| p.offset);
        if offsets(self.info).eq(offsets(info)) {
            return Ok(Cow::Borrowed(self));
        }
        let mut copy = Self::zeroed(info)?;
        for parameter in info.parameters {
            let values = self.get(parameter.name);
            copy.put(parameter, &values.expect("one spec has the same names"));
        }
        copy.batches_tracked = self.batches_tracked;
        Ok(Cow::Owned(copy))
    }

    fn zeroed(info: &'static ModelInfo) -> Result<Self, Error> {
        Ok(Self {
            info,
            master: Aligned::zeroed(info.sizes.master, "parameters")?,
            running: Aligned::zeroed(info.sizes.running, "running statistics")?,
            batches_tracked: 0,
        })
    }

    fn put(&mut self, parameter: &ParameterInfo, values: &[E]) {
        (E::compiled().from_file)(parameter, values, self.region(parameter));
    }

    /// The region that a parameter lies in.
    fn region(&mut self, parameter: &ParameterInfo) -> &mut [E] {
        match parameter.role.is_running() {
            true => &mut self.running,
            false => &mut self.master,
        }
    }
}

/// Asks for a head that isn't the file's.
#[derive(Clone, Copy)]
pub(crate) struct NewHead {
    seed: u64,
}

/// See [`Parameters::init`].
pub(crate) fn init<E: Element>(
    info: &'static ModelInfo,
    seed: u64,
) -> Result<Parameters<E>, Error> {
    let mut parameters = Parameters::zeroed(info)?;
    for (index, parameter) in info.parameters.iter().enumerate() {
        let values = init::values(info, index, seed);
        let values: Vec<E> = values.into_iter().map(E::from_f64).collect();
        parameters.put(parameter, &values);
    }
    Ok(parameters)
}

/// See [`Parameters::from_bytes`].
pub(crate) fn decode<E: Element>(
    info: &'static ModelInfo,
    file: &dyn Bytes,
    new_head: Option<NewHead>,
) -> Result<Parameters<E>, Error> {
    let head = new_head.and_then(|_| checkpoint::head_of(info));
    let checkpoint = Checkpoint::parse(info, file, head)?;
    let mut parameters = match new_head {
        Some(NewHead { seed }) => init(info, seed)?,
        None => Parameters::zeroed(info)?,
    };
    let is_new = |name: &str| head.is_some_and(|head| name.starts_with(head));
    for parameter in info.parameters.iter().filter(|p| !is_new(p.name)) {
        let region = parameters.region(parameter);
        checkpoint.read(parameter, &mut region[parameter.offset..])?;
    }
    parameters.batches_tracked = checkpoint.batches_tracked()?;
    Ok(parameters)
}

/// See [`Parameters::suspicious`].
pub(crate) fn suspicious<E: Element>(parameters: &Parameters<E>) -> Vec<String> {
    let complaint = |parameter: &ParameterInfo| {
        let values = parameters.get(parameter.name)?;
        let count = |odd: fn(f64) -> bool| values.iter().filter(|x| odd(x.to_f64())).count();
        let infinite = count(|x| !x.is_finite());
        let negative = count(|x| x < 0.0);
        let (name, len) = (parameter.name, values.len());
        if infinite > 0 {
            Some(format!("{name}: {infinite} of {len} values are not finite"))
        } else if parameter.role == Role::RunningVar && negative > 0 {
            Some(format!(
                "{name}: {negative} of {len} variances are negative"
            ))
        } else {
            None
        }
    };
    parameters
        .info
        .parameters
        .iter()
        .filter_map(complaint)
        .collect()
}

/// The parameter or running statistic of a name.
pub(crate) fn find(info: &ModelInfo, name: &str) -> Option<&'static ParameterInfo> {
    info.parameters
        .into_iter()
        .find(|parameter| parameter.name == name)
}

/// The same, for `len` values in file layout that are to replace it.
pub(crate) fn find_for(
    info: &ModelInfo,
    name: &str,
    len: usize,
) -> Result<&'static ParameterInfo, Error> {
    let parameter = find(info, name).ok_or_else(|| Error::UnknownParameter {
        name: name.to_owned(),
        model: info.name,
    })?;
    if len != Layout::of(parameter).file_len() {
        return Err(Error::Length {
            what: name.to_owned(),
            found: len,
            expected: format!("{:?}", parameter.shape),
        });
    }
    Ok(parameter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::INFO;

    #[test]
    fn get_and_set() {
        let mut parameters = Parameters::<f32>::init(&INFO, 1);
        for parameter in INFO.parameters {
            let len = Layout::of(parameter).file_len();
            let values: Vec<f32> = (0..len).map(|i| i as f32).collect();
            parameters.set(parameter.name, &values).unwrap();
        }
        for parameter in INFO.parameters {
            let values = parameters.get(parameter.name).unwrap();
            assert!(
                (0..).zip(&values).all(|(i, &x)| x == i as f32),
                "{}",
                parameter.name
            );
        }
        assert_eq!(parameters.get("conv2.weight"), None);
        let error = parameters.set("conv2.weight", &[]).unwrap_err();
        assert_eq!(error.to_string(), "tiny has no parameter `conv2.weight`");
        let error = parameters.set("fc.weight", &[0.0; 3]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "fc.weight: found 3 elements, expected [10, 17]"
        );
    }

    #[test]
    fn suspicious() {
        let mut parameters = Parameters::<f64>::init(&INFO, 1);
        assert!(parameters.suspicious().is_empty());
        let mut bias = [0.0; 10];
        bias[3] = f64::NAN;
        bias[4] = f64::INFINITY;
        parameters.set("fc.bias", &bias).unwrap();
        let mut variance = [1.0; 17];
        variance[16] = -1.0;
        parameters.set("bn1.running_var", &variance).unwrap();
        parameters.set("bn1.running_mean", &[-1.0; 17]).unwrap();
        assert_eq!(
            parameters.suspicious(),
            [
                "bn1.running_var: 1 of 17 variances are negative",
                "fc.bias: 2 of 10 values are not finite"
            ]
        );
    }
}
