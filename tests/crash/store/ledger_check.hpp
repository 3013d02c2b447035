#pragma once

#include "contract/store_contract.hpp"
#include "crash/store/store_ledger.hpp"

namespace eventodb::crash {

/// Checks a namespace against the ledger after a fault: nothing acknowledged is missing or changed,
/// nothing refused or never sent is there, the order is right, the counts agree (I1 to I6, I8).
/// Sets the outcome of every entry whose answer never came. Reports through GoogleTest.
void check_against_ledger(const contract::Log& log, Ledger& ledger);

/// Sends every append without an answer again: it is stored once, and a second time gives the same
/// (I9). Only what has a message id can be sent again.
void resend_unanswered(const contract::Log& log, Ledger& ledger,
                       const std::vector<std::uint32_t>& unanswered);

/// First entries of the appends that were sent and whose answer never came. Call before
/// check_against_ledger(): it forgets answers that were noted in part.
std::vector<std::uint32_t> unanswered_in(Ledger& ledger);

}  // namespace eventodb::crash
