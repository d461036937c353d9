//! `limit = N` and `role = ".."`: who hosts a module, who only calls it, and what becomes of both when nodes come and go.

mod fixture;
mod limit;
mod partition;
mod role;
mod versions;
