#pragma once
#include <gradus/data/dataset.hpp>

namespace gradus::data {

struct DataLoaderOptions {
  Index batch_size = 1;
  bool shuffle = false;    ///< another order in each epoch, fixed by seed and epoch
  bool drop_last = false;  ///< leave out a last batch that is smaller
  std::uint64_t seed = 0;
};
/// The next batch to be handed out: all that a checkpoint must keep of a loader.
struct LoaderState {
  Index epoch = 0, batch = 0;
  bool operator==(const LoaderState&) const = default;
};

/// Batches of a data set: for (auto [x, y] : loader). Each loop is one epoch. Throws ValueError for a batch size below 1,
/// no data set or an empty one, or drop_last with fewer examples than one batch (which would be an epoch of nothing).
class DataLoader {
 public:
  using Options = DataLoaderOptions;
  DataLoader(DatasetPtr dataset, Options options = {});
  /// Keeps a copy of the data set; those of this library are handles, so nothing is copied but those.
  template <class D>
    requires std::derived_from<D, Dataset> DataLoader(const D& dataset, Options options = {})
        : DataLoader(share(dataset), options) {}

    /// Number of batches in an epoch.
    Index size() const;
    const Dataset& dataset() const { return *dataset_; }
    const Options& options() const { return options_; }
    /// Epochs begun so far; set_epoch(e) makes the next loop epoch e (from 0), which fixes how it is shuffled.
    Index epoch() const { return next_.epoch + (next_.batch > 0); }
    void set_epoch(Index epoch);

    /// Inside a loop: the batch after the one that was handed out. After the last one: the start of the next epoch.
    LoaderState state() const { return next_; }
    /// The next loop begins at this batch and runs to the end of its epoch. Throws ValueError for a batch that an epoch
    /// does not have, and for an epoch below 0 or above 2^53.
    void load_state(const LoaderState& state);

    struct End {};
    class Iterator {
     public:
      /// Makes the batch, then counts it as handed out: not if the data set throws.
      Example operator*() const;
      Iterator& operator++() {
        ++at_.batch;
        return *this;
      }
      bool operator==(End) const { return at_.batch >= loader_->size(); }

     private:
      friend class DataLoader;
      Iterator(DataLoader* loader, LoaderState at, std::vector<Index> order)
          : loader_(loader), at_(at), order_(std::move(order)) {}
      DataLoader* loader_;
      LoaderState at_;
      std::vector<Index> order_;
    };
    /// Begins the next epoch (one that was left early is over), or goes on where load_state() says.
    Iterator begin();
    End end() const { return {}; }

   private:
    DatasetPtr dataset_;
    Options options_;
    LoaderState next_;
    bool resuming_ = false;
};

}  // namespace gradus::data
