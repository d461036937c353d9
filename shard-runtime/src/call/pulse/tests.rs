use std::sync::Barrier;
use std::sync::atomic::AtomicUsize;

use super::*;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn started() -> (Pulse, Instant) {
    let start = Instant::now();
    (Pulse::new(start), start)
}

fn never(found: Standstill) {
    panic!("{found:?}");
}

/// The gap with which a check at `now` fences.
fn fenced(pulse: &Pulse, now: Instant) -> Option<Standstill> {
    let mut gap = None;
    pulse.check(now, |found| gap = Some(found));
    gap
}

#[test]
fn regular_ticks_are_no_gap() {
    let (pulse, start) = started();
    for tick in 1..100 {
        pulse.tick(start + tick * ms(100), never);
    }
    assert_eq!(fenced(&pulse, start + ms(9_950)), None);
    assert_eq!(pulse.stalled(), ms(0));
}

#[test]
fn until_it_is_no_longer_calm_nobody_finds_a_gap() {
    let (pulse, start) = started();
    assert_eq!(pulse.calm_until(), start + STALL);
    pulse.tick(start + ms(150), never);
    assert_eq!(pulse.calm_until(), start + STALL, "the workers have not run since the start");
    pulse.tick_of_workers(start + ms(180), never);
    let end = pulse.calm_until();
    assert_eq!(end, start + ms(150) + STALL);
    pulse.check_on_worker(end - Duration::from_nanos(1), never);
    assert_eq!(pulse.stalled(), ms(0));
    pulse.check_on_worker(end, never);
    assert_eq!(pulse.stalled(), STALL);
}

#[test]
fn a_gap_fences_once_whoever_notices_it() {
    for by_tick in [false, true] {
        let (pulse, start) = started();
        pulse.tick(start + ms(100), never);
        assert_eq!(fenced(&pulse, start + ms(200)), None);
        let woken = start + ms(2_600);
        if by_tick {
            let mut gap = None;
            pulse.tick(woken, |found| gap = Some(found));
            assert_eq!(gap, Some(Standstill::Process(ms(2_500))));
        } else {
            assert_eq!(fenced(&pulse, woken), Some(Standstill::Process(ms(2_500))));
        }
        assert_eq!(fenced(&pulse, woken + ms(1)), None);
        pulse.tick(woken + ms(2), never);
        assert_eq!(pulse.stalled(), ms(2_500));
        assert_eq!(
            fenced(&pulse, woken + ms(2_502)),
            Some(Standstill::Process(ms(2_500))),
            "the next gap is another one"
        );
    }
}

#[test]
fn a_shorter_gap_is_counted_and_fences_nobody() {
    let (pulse, start) = started();
    assert_eq!(fenced(&pulse, start + ms(199)), None);
    assert_eq!(pulse.stalled(), ms(0));
    assert_eq!(fenced(&pulse, start + ms(2_499)), None);
    assert_eq!(fenced(&pulse, start + ms(2_500)), None, "noticed and over");
    assert_eq!(pulse.stalled(), ms(2_499));
}

#[test]
fn of_many_that_notice_at_once_one_fences_and_the_others_wait_for_it() {
    let (pulse, start) = started();
    let (fences, done, barrier) = (AtomicUsize::new(0), AtomicUsize::new(0), Barrier::new(8));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                barrier.wait();
                pulse.check(start + ms(3_000), |_| {
                    fences.fetch_add(1, Ordering::SeqCst);
                    std::thread::sleep(ms(50));
                    done.fetch_add(1, Ordering::SeqCst);
                });
                assert_eq!(done.load(Ordering::SeqCst), 1, "the fence is there before anything starts");
            });
        }
    });
    assert_eq!(fences.into_inner(), 1);
}

#[test]
fn workers_are_not_blamed_for_what_stopped_everybody() {
    let (pulse, start) = started();
    pulse.tick_of_workers(start + ms(100), never);
    pulse.tick(start + ms(100), never);
    pulse.tick(start + ms(30_100), |_| {});
    assert_eq!(pulse.workers_stood_still_for(start + ms(30_100)), ms(0));
    assert_eq!(pulse.stalled(), ms(30_000));
    pulse.check_on_worker(start + ms(30_199), never);
    assert_eq!(pulse.stalled(), ms(30_000), "it counts once");
}

#[test]
fn workers_that_stood_still_for_ten_seconds_fence_when_they_run_again() {
    let (pulse, start) = started();
    pulse.tick_of_workers(start + ms(100), never);
    let tick = |to: u64| (0..=to / 100).for_each(|tick| pulse.tick(start + ms(tick * 100), never));
    tick(10_000);
    pulse.if_workers_stand_still(start + ms(10_099), |idle| panic!("{idle:?}"));
    tick(10_100);
    let mut drained = None;
    pulse.if_workers_stand_still(start + ms(10_100), |idle| drained = Some(idle));
    assert_eq!(drained, Some(ms(10_000)));
    pulse.check(start + ms(10_150), never);
    let mut found = None;
    pulse.check_on_worker(start + ms(10_150), |standstill| found = Some(standstill));
    assert_eq!(found, Some(Standstill::Workers(ms(10_050))));
    assert_eq!(pulse.stalled(), ms(10_050), "and what waited in the sockets has aged");
    pulse.check_on_worker(start + ms(10_151), never);
    pulse.if_workers_stand_still(start + ms(10_160), |idle| panic!("{idle:?}"));
}

#[test]
fn workers_that_stood_still_for_less_only_count_it() {
    let (pulse, start) = started();
    for tick in 0..=99 {
        pulse.tick(start + tick * ms(100), never);
    }
    pulse.tick_of_workers(start + ms(9_990), never);
    assert_eq!(pulse.stalled(), ms(9_990));
}
