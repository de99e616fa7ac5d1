//! The interned strings of a module.

use super::Name;

/// A slot of the table that holds no name.
const FREE: u32 = u32::MAX;
/// Slots of the smallest table.
const LEAST_SLOTS: usize = 64;

/// Strings by id and ids by string. Kept small, since every file has one: the strings lie in
/// one text, and the table holds nothing but ids.
#[derive(Debug, Default)]
pub struct Names {
    text: String,
    /// Where each string ends.
    ends: Vec<u32>,
    hashes: Vec<u32>,
    /// Open addressing by hash; a power of two, at most half of them taken.
    slots: Vec<u32>,
}

impl Names {
    /// The id of a string, new or known.
    pub fn intern(&mut self, text: &str) -> Name {
        let count = self.ends.len();
        if self.slots.len() < 2 * (count + 1) {
            self.grow();
        }
        let hash = hash_of(text);
        match self.find(hash, text) {
            Ok(name) => name,
            Err(slot) => {
                self.slots[slot] = count as u32;
                self.text.push_str(text);
                self.ends.push(self.text.len() as u32);
                self.hashes.push(hash);
                Name(count as u32)
            }
        }
    }

    /// The id of a string if the module mentions it.
    pub fn get(&self, text: &str) -> Option<Name> {
        if self.slots.is_empty() {
            return None;
        }
        self.find(hash_of(text), text).ok()
    }

    /// All strings, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len() as u32).map(|i| self.text(Name(i)))
    }

    /// The string of an id.
    pub fn text(&self, name: Name) -> &str {
        let start = match name.index() {
            0 => 0,
            i => self.ends[i - 1] as usize,
        };
        &self.text[start..self.ends[name.index()] as usize]
    }

    /// Hands the strings over, in no more memory than they need, and starts anew in its own.
    pub(super) fn move_out(&mut self) -> Self {
        let names = Self {
            text: self.text.as_str().to_owned(),
            ends: self.ends.as_slice().to_vec(),
            hashes: self.hashes.as_slice().to_vec(),
            slots: self.slots.as_slice().to_vec(),
        };
        self.text.clear();
        self.ends.clear();
        self.hashes.clear();
        self.slots.clear();
        names
    }

    /// The name of a string, or the slot that it would take.
    fn find(&self, hash: u32, text: &str) -> Result<Name, usize> {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let name = Name(self.slots[at]);
            if name.0 == FREE {
                return Err(at);
            }
            if self.hashes[name.index()] == hash && self.text(name) == text {
                return Ok(name);
            }
            at = (at + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let size = (2 * self.slots.len()).max(LEAST_SLOTS);
        self.slots.clear();
        self.slots.resize(size, FREE);
        for (name, &hash) in self.hashes.iter().enumerate() {
            let mut at = hash as usize & (size - 1);
            while self.slots[at] != FREE {
                at = (at + 1) & (size - 1);
            }
            self.slots[at] = name as u32;
        }
    }
}

fn hash_of(text: &str) -> u32 {
    use std::hash::{BuildHasher, BuildHasherDefault};
    let hash = BuildHasherDefault::<rustc_hash::FxHasher>::default().hash_one(text);
    (hash ^ (hash >> 32)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_found_again_after_the_table_has_grown() {
        let mut names = Names::default();
        assert_eq!(names.get("name_0"), None);
        let text = |i: u32| format!("name_{i}");
        let ids: Vec<Name> = (0..1_000).map(|i| names.intern(&text(i))).collect();
        for (i, &id) in ids.iter().enumerate() {
            assert_eq!(names.intern(&text(i as u32)), id);
            assert_eq!(names.get(&text(i as u32)), Some(id));
            assert_eq!(names.text(id), text(i as u32));
        }
        assert_eq!(names.get("name_1000"), None);
    }

    #[test]
    fn names_moved_out_leave_none_behind() {
        let mut names = Names::default();
        let first = names.intern("a");
        let moved = names.move_out();
        assert_eq!(moved.text(first), "a");
        assert_eq!(names.get("a"), None);
        assert_eq!(names.intern("b"), first);
        assert_eq!(moved.get("b"), None);
    }
}
