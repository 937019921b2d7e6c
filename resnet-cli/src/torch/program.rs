//! A pickle as the program that it is: instructions over a stack and a memo.

use std::collections::HashMap;

use anyhow::{Context, Result, bail, ensure};

use super::pickle::{Global, Id, Pickle, Storage, Value};
use super::tensor::{Kind, Tensor};

const TRUNCATED: &str = "truncated: a pickle ends in the middle; download or save it again";

/// The most values that a pickle may make: a byte of a file makes up to a
/// hundred in memory.
const MOST_VALUES: usize = 4_000_000;

/// An interpreter of the instructions that plain data and tensors need.
pub(super) struct Program<'a> {
    bytes: &'a [u8],
    values: Vec<Value>,
    stack: Vec<Id>,
    /// Lengths of the stack at its marks.
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
}

impl<'a> Program<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            values: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
        }
    }

    /// Runs to the end; gives what was made, and the bytes that follow.
    pub(super) fn run(mut self) -> Result<(Pickle, &'a [u8])> {
        loop {
            let instruction = self.byte()?;
            if instruction == b'.' {
                let root = self.pop()?;
                let pickle = Pickle {
                    values: self.values,
                    root,
                };
                return Ok((pickle, self.bytes));
            }
            self.step(instruction)?;
            ensure!(
                self.values.len() <= MOST_VALUES && self.memo.len() <= MOST_VALUES,
                "a pickle of more than {MOST_VALUES} values, which no model's state has"
            );
        }
    }

    /// One instruction; the names are those of Python's `pickletools`.
    fn step(&mut self, instruction: u8) -> Result<()> {
        match instruction {
            // PROTO, FRAME
            0x80 => _ = self.byte()?,
            0x95 => _ = self.take(8)?,
            b'N' => self.push(Value::Other("nothing")),
            // NEWTRUE, NEWFALSE
            0x88 | 0x89 => self.push(Value::Other("a truth value")),
            // BININT, BININT1, BININT2
            b'J' => {
                let number = i32::from_le_bytes(self.array()?);
                self.push(Value::Int(number.into()));
            }
            b'K' => {
                let number = self.byte()?;
                self.push(Value::Int(number.into()));
            }
            b'M' => {
                let number = u16::from_le_bytes(self.array()?);
                self.push(Value::Int(number.into()));
            }
            // LONG1
            0x8a => {
                let len = self.byte()?;
                let bytes = self.take(len.into())?;
                self.push(long(bytes));
            }
            // BINFLOAT
            b'G' => {
                self.take(8)?;
                self.push(Value::Other("a number"));
            }
            // SHORT_BINUNICODE, BINUNICODE, and the same of bytes
            0x8c => {
                let len = self.byte()?;
                self.text(len.into())?;
            }
            b'X' => {
                let len = u32::from_le_bytes(self.array()?);
                self.text(len as usize)?;
            }
            b'C' => {
                let len = self.byte()?;
                self.take(len.into())?;
                self.push(Value::Other("bytes"));
            }
            b'B' => {
                let len = u32::from_le_bytes(self.array()?);
                self.take(len as usize)?;
                self.push(Value::Other("bytes"));
            }
            b'}' => self.push(Value::Dict(Vec::new())),
            b']' => self.push(Value::List(Vec::new())),
            b')' => self.push(Value::Tuple(Vec::new())),
            // MARK, POP, POP_MARK
            b'(' => self.marks.push(self.stack.len()),
            b'0' => _ = self.pop()?,
            b'1' => _ = self.since_mark()?,
            // TUPLE, TUPLE1 to TUPLE3
            b't' => {
                let items = self.since_mark()?;
                self.push(Value::Tuple(items));
            }
            0x85..=0x87 => {
                let items = self.pop_many(usize::from(instruction - 0x84))?;
                self.push(Value::Tuple(items));
            }
            // APPEND, APPENDS, SETITEM, SETITEMS
            b'a' => {
                let items = self.pop_many(1)?;
                self.append(items)?;
            }
            b'e' => {
                let items = self.since_mark()?;
                self.append(items)?;
            }
            b's' => {
                let items = self.pop_many(2)?;
                self.set(&items)?;
            }
            b'u' => {
                let items = self.since_mark()?;
                self.set(&items)?;
            }
            // BINPUT, LONG_BINPUT, MEMOIZE, BINGET, LONG_BINGET
            b'q' => {
                let key = self.byte()?;
                self.memoize(key.into())?;
            }
            b'r' => {
                let key = u32::from_le_bytes(self.array()?);
                self.memoize(key)?;
            }
            0x94 => self.memoize(u32::try_from(self.memo.len())?)?,
            b'h' => {
                let key = self.byte()?;
                self.recall(key.into())?;
            }
            b'j' => {
                let key = u32::from_le_bytes(self.array()?);
                self.recall(key)?;
            }
            // GLOBAL, STACK_GLOBAL
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.global(&module, &name)?;
            }
            0x93 => {
                let names = self.pop_many(2)?;
                let [module, name] = [names[0], names[1]].map(|id| self.values[id].clone());
                let (Value::Text(module), Value::Text(name)) = (module, name) else {
                    bail!("a pickle with a class whose name is no text");
                };
                self.global(&module, &name)?;
            }
            // REDUCE, NEWOBJ, BUILD
            b'R' | 0x81 => self.call()?,
            b'b' => self.build()?,
            // BINPERSID
            b'Q' => self.storage()?,
            other => bail!(
                "a pickle with the instruction {other:#04x}, which plain data and tensors \
                 don't need; save the model's `state_dict()` alone"
            ),
        }
        Ok(())
    }

    /// A function or class by name: nothing but those that tensors need.
    fn global(&mut self, module: &str, name: &str) -> Result<()> {
        let known = match (module, name) {
            ("collections", "OrderedDict") => Some(Global::OrderedDict),
            ("torch._utils", "_rebuild_tensor_v2") => Some(Global::Tensor),
            ("torch._utils", "_rebuild_parameter") => Some(Global::Parameter),
            ("torch", "Size") => Some(Global::Size),
            ("torch", class) => Kind::of_class(class).map(Global::Storage),
            _ => None,
        };
        let global = known.with_context(|| {
            format!(
                "the file wants to call `{module}.{name}`, and nothing in a file is ever run; \
                 save the model's `state_dict()` alone: \
                 `torch.save(model.state_dict(), \"weights.pth\")`"
            )
        })?;
        self.push(Value::Global(global));
        Ok(())
    }

    /// What calling a function with a tuple of arguments would give.
    fn call(&mut self) -> Result<()> {
        let both = self.pop_many(2)?;
        let (Value::Global(global), Value::Tuple(arguments)) =
            (&self.values[both[0]], &self.values[both[1]])
        else {
            bail!("a pickle that calls what is no function");
        };
        let argument = |i: usize| {
            let id = arguments.get(i);
            id.map(|&id| &self.values[id])
                .context("a pickle that calls a function with too few arguments")
        };
        let value = match global {
            Global::OrderedDict if arguments.is_empty() => Value::Dict(Vec::new()),
            Global::Size => match argument(0)? {
                Value::Tuple(sizes) | Value::List(sizes) => Value::Tuple(sizes.clone()),
                other => bail!("found {} for a size, expected a tuple", other.what()),
            },
            Global::Parameter => match argument(0)? {
                Value::Tensor(tensor) => Value::Tensor(tensor.clone()),
                other => bail!("found {} for a parameter, expected a tensor", other.what()),
            },
            Global::Tensor => {
                let Value::Storage(storage) = argument(0)? else {
                    bail!("found {} for a tensor's storage", argument(0)?.what());
                };
                Value::Tensor(Tensor {
                    kind: storage.kind,
                    storage: storage.key.clone(),
                    offset: self.size(argument(1)?)?,
                    shape: self.sizes(argument(2)?)?,
                    strides: self.sizes(argument(3)?)?,
                })
            }
            Global::OrderedDict | Global::Storage(_) => {
                bail!("a pickle that calls a class in a way that tensors don't need")
            }
        };
        self.push(value);
        Ok(())
    }

    /// Attributes of an object: a dict's are of no use here.
    fn build(&mut self) -> Result<()> {
        self.pop()?;
        let id = *self.stack.last().context(TRUNCATED)?;
        match &self.values[id] {
            Value::Dict(_) => Ok(()),
            other => bail!("a pickle that gives {} attributes", other.what()),
        }
    }

    /// `('storage', class, key, device, elements)` to the storage.
    fn storage(&mut self) -> Result<()> {
        let id = self.pop()?;
        let Value::Tuple(items) = &self.values[id] else {
            bail!("a pickle with an unknown kind of reference");
        };
        let item = |i: usize| items.get(i).map(|&id| &self.values[id]);
        let (
            Some(Value::Text(tag)),
            Some(Value::Global(Global::Storage(kind))),
            Some(Value::Text(key)),
        ) = (item(0), item(1), item(2))
        else {
            bail!("a pickle with an unknown kind of reference");
        };
        ensure!(tag == "storage", "a pickle with a reference to a `{tag}`");
        let (key, kind) = (key.clone(), *kind);
        self.push(Value::Storage(Storage { key, kind }));
        Ok(())
    }

    fn size(&self, value: &Value) -> Result<usize> {
        match value {
            Value::Int(size) => usize::try_from(*size).context("a tensor with a negative size"),
            other => bail!("found {} for a size, expected a whole number", other.what()),
        }
    }

    fn sizes(&self, value: &Value) -> Result<Vec<usize>> {
        let Value::Tuple(sizes) = value else {
            bail!("found {} for a shape, expected a tuple", value.what());
        };
        let size = |&id: &Id| self.size(&self.values[id]);
        sizes.iter().map(size).collect()
    }

    fn append(&mut self, items: Vec<Id>) -> Result<()> {
        let id = *self.stack.last().context(TRUNCATED)?;
        match &mut self.values[id] {
            Value::List(list) => list.extend(items),
            other => bail!("a pickle that appends to {}", other.what()),
        }
        Ok(())
    }

    fn set(&mut self, items: &[Id]) -> Result<()> {
        let id = *self.stack.last().context(TRUNCATED)?;
        let (pairs, rest) = items.as_chunks::<2>();
        match &mut self.values[id] {
            Value::Dict(dict) if rest.is_empty() => dict.extend(pairs.iter().map(|&[k, v]| (k, v))),
            other => bail!("a pickle that sets items of {}", other.what()),
        }
        Ok(())
    }

    fn memoize(&mut self, key: u32) -> Result<()> {
        let id = *self.stack.last().context(TRUNCATED)?;
        self.memo.insert(key, id);
        Ok(())
    }

    fn recall(&mut self, key: u32) -> Result<()> {
        let id = self.memo.get(&key);
        self.stack
            .push(*id.context("a pickle that recalls what it hasn't made")?);
        Ok(())
    }

    fn push(&mut self, value: Value) {
        self.stack.push(self.values.len());
        self.values.push(value);
    }

    fn pop(&mut self) -> Result<Id> {
        self.stack.pop().context(TRUNCATED)
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<Id>> {
        let start = self.stack.len().checked_sub(count).context(TRUNCATED)?;
        Ok(self.stack.split_off(start))
    }

    fn since_mark(&mut self) -> Result<Vec<Id>> {
        let mark = self.marks.pop().context(TRUNCATED)?;
        ensure!(mark <= self.stack.len(), TRUNCATED);
        Ok(self.stack.split_off(mark))
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (array, rest) = self.bytes.split_first_chunk().context(TRUNCATED)?;
        self.bytes = rest;
        Ok(*array)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(len).context(TRUNCATED)?;
        self.bytes = rest;
        Ok(taken)
    }

    fn text(&mut self, len: usize) -> Result<()> {
        let bytes = self.take(len)?;
        let text = str::from_utf8(bytes).context("a pickle with a text that is not UTF-8")?;
        self.push(Value::Text(text.to_owned()));
        Ok(())
    }

    /// Up to the end of a line.
    fn line(&mut self) -> Result<String> {
        let end = self.bytes.iter().position(|&byte| byte == b'\n');
        let line = self.take(end.context(TRUNCATED)?)?;
        self.byte()?;
        Ok(String::from_utf8_lossy(line).into_owned())
    }
}

/// A whole number of any length, in two's complement.
fn long(bytes: &[u8]) -> Value {
    let negative = bytes.last().is_some_and(|last| last >> 7 == 1);
    let mut wide = [if negative { 0xff } else { 0 }; 8];
    match bytes.len() {
        0..=8 => {
            wide[..bytes.len()].copy_from_slice(bytes);
            Value::Int(i64::from_le_bytes(wide))
        }
        _ => Value::Long(bytes.to_vec()),
    }
}
