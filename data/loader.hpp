#pragma once
#include <gradus/data/dataset.hpp>

namespace gradus::data {

struct DataLoaderOptions {
  Index batch_size = 1;
  bool shuffle = false;    ///< another order in each epoch, fixed by seed and epoch
  bool drop_last = false;  ///< leave out a last batch that is smaller
  std::uint64_t seed = 0;
};

/// Batches of a data set: for (auto [x, y] : loader). Each loop is one epoch. Throws ValueError for a batch size below 1,
/// an empty data set, or drop_last with fewer examples than one batch (which would be an epoch of nothing).
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
    /// Epochs begun so far: what a checkpoint keeps, so that the next one is shuffled as it would have been.
    Index epoch() const { return epoch_; }
    void set_epoch(Index epoch);

    struct End {};
    class Iterator {
     public:
      Example operator*() const;
      Iterator& operator++() {
        ++batch_;
        return *this;
      }
      bool operator==(End) const { return batch_ >= loader_->size(); }

     private:
      friend class DataLoader;
      Iterator(const DataLoader* loader, std::vector<Index> order) : loader_(loader), order_(std::move(order)) {}
      const DataLoader* loader_;
      std::vector<Index> order_;
      Index batch_ = 0;
    };
    /// Begins an epoch.
    Iterator begin();
    End end() const { return {}; }

   private:
    DatasetPtr dataset_;
    Options options_;
    Index epoch_ = 0;
};

}  // namespace gradus::data
