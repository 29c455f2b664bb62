// SPDX-License-Identifier: Apache-2.0
// A program of no tests: its precompiled header is that of all.
